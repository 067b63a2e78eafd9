import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { createLogger } from '#platform/logger/logger.ts';
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
