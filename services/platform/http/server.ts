import { readFile } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import fastify, {
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify';
import { RadTriageError } from '#core/errors.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../logger/logger.ts';
import { addBodyDeadline } from './body-deadline.ts';
import { createErrorHandler } from './errors.ts';
import type { Metrics } from './metrics.ts';
import { ANONYMOUS, hasAnyRole, type Principal } from './principal.ts';
import type { Route } from './route.ts';
import { addSecurityHeaders } from './security-headers.ts';

/** Larger bodies than a review with a hundred findings are refused. */
const MAX_BODY_BYTES = 256 * 1024;
/** How long a whole request may take is for `addBodyDeadline`: an upload of hours is none of a stranger's. */
const LIMITS = { requestTimeout: 0, headersTimeout: 60_000 };

export interface HttpServerParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How long a body may take to come in, milliseconds; five minutes by default. */
  readonly bodyDeadlineMs?: number | undefined;
}

async function readTls(config: Config) {
  const { tlsCertFile, tlsKeyFile } = config.http;
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
  try {
    const [cert, key] = await Promise.all([readFile(tlsCertFile), readFile(tlsKeyFile)]);
    return { cert, key, minVersion: 'TLSv1.2' as const };
  } catch (cause) {
    throw new RadTriageError('CONFIG_INVALID', 'http: the TLS certificate or key cannot be read', {
      cause,
    });
  }
}

/** A bare server: TLS when configured, security headers, coded errors, metrics and a log line for each answer. */
export async function createHttpServer(parts: HttpServerParts): Promise<FastifyInstance> {
  const tls = await readTls(parts.config);
  const serverFactory: FastifyServerFactory = (handle) =>
    tls === undefined
      ? createPlainServer(LIMITS, handle)
      : createTlsServer({ ...tls, ...LIMITS }, handle);
  const server = fastify({
    serverFactory,
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    // One hop: the proxy that the site declared. What a client writes into X-Forwarded-For itself is not believed.
    trustProxy: parts.config.http.trustProxy ? (_address, hop) => hop === 0 : false,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    // Lists of frames are long; every other parameter has a schema that says how long it may be.
    routerOptions: { maxParamLength: 4096 },
  });
  addSecurityHeaders(server, { tls: tls !== undefined });
  addBodyDeadline(server, parts.bodyDeadlineMs);
  server.setErrorHandler(createErrorHandler(parts.logger));
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const seconds = reply.elapsedTime / 1000;
    parts.metrics.observeRequest(
      { method: request.method, route, status: reply.statusCode },
      seconds,
    );
    // The route's pattern, not the address: a search holds what was typed.
    parts.logger.debug(
      { method: request.method, route, status: reply.statusCode, seconds },
      'answered',
    );
  });
  return server;
}

/** Finds out who asks; undefined when nobody that we know. */
export type Authenticate = (request: FastifyRequest) => Promise<Principal | undefined>;

async function admit(
  route: Route,
  request: FastifyRequest,
  authenticate: Authenticate,
): Promise<Principal> {
  if (route.access === 'public') return ANONYMOUS;
  const principal = await authenticate(request);
  if (principal === undefined) {
    throw new RadTriageError('UNAUTHENTICATED', 'log in, or send a bearer token');
  }
  if (!hasAnyRole(principal, route.access)) {
    throw new RadTriageError('FORBIDDEN', 'your account has no role that may do this', {
      details: { roles: route.access.join(',') },
    });
  }
  return principal;
}

/**
 * Wires the routes: role first, then the input's schema, then the handler.
 * @throws RadTriageError CONFIG_INVALID when two routes share method and path
 */
export function addRoutes(
  server: FastifyInstance,
  routes: readonly Route[],
  authenticate: Authenticate,
): void {
  const seen = new Set<string>();
  const principals = new WeakMap<FastifyRequest, Principal>();
  for (const route of routes) {
    const key = `${route.method} ${route.path}`;
    if (seen.has(key)) throw new RadTriageError('CONFIG_INVALID', `route wired twice: ${key}`);
    seen.add(key);
    server.route({
      method: route.method,
      url: route.path,
      config: route.config,
      // Before the body is read: a stranger makes us parse nothing.
      onRequest: async (request) => {
        principals.set(request, await admit(route, request, authenticate));
      },
      handler: async (request, reply) => {
        const principal = principals.get(request);
        if (principal === undefined) throw new RadTriageError('UNAUTHENTICATED', 'log in');
        void reply.code(route.status);
        const answer = await route.run({ principal, request, reply });
        return reply.sent ? reply : answer;
      },
    });
  }
}

/** Wires routes that read the body themselves, of whatever type it is: nothing of it is read before they are called. */
export async function addStreamingRoutes(
  server: FastifyInstance,
  routes: readonly Route[],
  authenticate: Authenticate,
): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    addRoutes(scope, routes, authenticate);
  });
}

/**
 * Starts listening and gives the address as a URL.
 * @throws RadTriageError PORT_IN_USE
 */
export async function listen(server: FastifyInstance, config: Config): Promise<string> {
  const { host, port } = config.http;
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    if (!isTaken) throw cause;
    throw new RadTriageError('PORT_IN_USE', `http: port ${port} on ${host} is in use`, { cause });
  }
  const address = server.addresses().find((candidate) => typeof candidate !== 'string');
  const scheme = config.http.tlsCertFile === undefined ? 'http' : 'https';
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}:${address?.port ?? port}`;
}
