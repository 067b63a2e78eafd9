import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UserRole } from '#core/finding.ts';
import { loadConfig } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { openSession } from '#worklist/accounts/sessions.ts';
import { createToken } from '#worklist/accounts/tokens.ts';
import { SESSION_COOKIE } from '#worklist/session/authenticate.ts';
import { startWeb, type Web, type WebOptions } from '#worklist/start-web.ts';

export const WEB_ADMIN_TOKEN = 'web-tests-admin-token';

export interface WebPlace {
  readonly database: Database;
  readonly databaseUrl: string;
  /** Where blobs lie. */
  readonly directory: string;
}

/** The page's server on a free port, over a test database. */
export function startTestWeb(
  place: WebPlace,
  overrides: Record<string, unknown> = {},
  options: Partial<WebOptions> = {},
): Promise<Web> {
  const config = loadConfig({
    environment: {},
    overrides: {
      dataDirectory: place.directory,
      adminToken: WEB_ADMIN_TOKEN,
      http: { port: 0 },
      ...overrides,
    },
  });
  return startWeb({
    config,
    database: place.database,
    databaseUrl: place.databaseUrl,
    logger: createLogger({ level: 'silent', process: 'web' }),
    version: '0.0.0-test',
    viewerDirectory: join(place.directory, 'viewer'),
    blobStore: {
      readBlob: (blobPath) => readFile(join(place.directory, blobPath)),
      locate: (blobPath) => join(place.directory, blobPath),
    },
    ...options,
  });
}

/** Calls with a token of one role. A body is sent as JSON. */
export type Caller = (
  path: string,
  init?: { method?: string; body?: unknown; headers?: Record<string, string> },
) => Promise<Response>;

/** Makes a token of the role and gives what calls with it. `name` is who the audit log says it was. */
export async function callerFor(
  web: Pick<Web, 'url'>,
  database: Database,
  owner: { role: UserRole; name: string },
): Promise<Caller> {
  const token = await createToken(database, { name: owner.name, roles: [owner.role] });
  return callerWith(web.url, { authorization: `Bearer ${token}` });
}

/** Makes an account of the role with a session, and gives what calls as its page does: only so can be signed. */
export async function sessionCallerFor(
  web: Pick<Web, 'url'>,
  database: Database,
  owner: { role: UserRole; name: string },
): Promise<Caller> {
  const { name: username, role } = owner;
  await createAccount(database, {
    username,
    password: `${username} and a long word`,
    roles: [role],
  });
  const secret = await openSession(database, username);
  const origin = new URL(web.url).origin;
  return callerWith(web.url, { cookie: `${SESSION_COOKIE}=${secret}`, origin });
}

export function callerWith(url: string, credentials: Record<string, string>): Caller {
  return (path, { method = 'GET', body, headers = {} } = {}) =>
    fetch(new URL(path, url), {
      method,
      headers: {
        ...credentials,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}
