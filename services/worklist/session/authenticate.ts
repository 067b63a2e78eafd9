import type { FastifyRequest } from 'fastify';
import { RadTriageError } from '#core/errors.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Principal } from '#platform/http/principal.ts';
import type { Authenticate } from '#platform/http/server.ts';
import { hashSecret, isSameSecret } from '../accounts/secrets.ts';
import { findSession, touchSession } from '../accounts/sessions.ts';
import { findTokenOwner } from '../accounts/tokens.ts';
import { isPrefetch } from '../prefetch.ts';

export const SESSION_COOKIE = 'radtriage_session';
/** Sent by the page with requests that no person made (a refresh after an event): they keep no session alive. */
const BACKGROUND_HEADER = 'x-radtriage-background';
/** What a browser asks for by itself and without headers of ours: the event stream, and pictures in the list. */
const BACKGROUND_ROUTES: ReadonlySet<string | undefined> = new Set([
  '/api/events',
  '/api/studies/:uid/thumbnail',
]);
const SAFE_METHODS = new Set(['GET', 'HEAD']);

/**
 * A request that carries a cookie was perhaps made by another site's page: its Origin must be ours. Browsers send
 * Origin with every unsafe method, so a request without one is refused too.
 * @throws RadTriageError FORBIDDEN
 */
export function checkOrigin(request: FastifyRequest): void {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin } = request.headers;
  if (typeof origin === 'string' && URL.canParse(origin) && new URL(origin).host === request.host) {
    return;
  }
  throw new RadTriageError('FORBIDDEN', 'the request does not come from this page');
}

function isBackground(request: FastifyRequest): boolean {
  if (BACKGROUND_ROUTES.has(request.routeOptions.url)) return true;
  return isPrefetch(request) || request.headers[BACKGROUND_HEADER] !== undefined;
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

async function authenticateToken(
  database: Database,
  config: Config,
  token: string,
): Promise<Principal | undefined> {
  if (config.adminToken !== undefined && isSameSecret(token, config.adminToken)) {
    return { name: 'admin-token', roles: ['admin'], via: 'token', sessionHash: null };
  }
  const owner = await findTokenOwner(database, token);
  if (owner === undefined) return undefined;
  return { name: `token:${owner.name}`, roles: owner.roles, via: 'token', sessionHash: null };
}

/** Who asks, by bearer token or by session cookie. A request with a bearer token is judged by that alone. */
export function createAuthenticate(database: Database, config: Config): Authenticate {
  return async (request) => {
    const token = bearerOf(request);
    if (token !== undefined) return authenticateToken(database, config, token);
    const cookie = request.cookies[SESSION_COOKIE];
    if (cookie === undefined) return undefined;
    const owner = await findSession(database, hashSecret(cookie), config.sessionIdleMinutes);
    if (owner === undefined) return undefined;
    checkOrigin(request);
    if (!isBackground(request)) {
      await touchSession(database, owner.sessionHash);
    }
    const { username, roles, sessionHash } = owner;
    return { name: username, roles, via: 'session', sessionHash };
  };
}
