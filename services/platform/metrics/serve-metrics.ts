import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { RadTriageError } from '#core/errors.ts';
import type { Config } from '../config/config.ts';
import { CONTENT_TYPE, type MetricsRegistry } from './registry.ts';

export interface MetricsPort {
  /** Scheme, host and port. */
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsPortOptions {
  readonly metrics: Pick<Config['metrics'], 'host' | 'token'>;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly registry: MetricsRegistry;
  /** Whether the process can do its work now: what a load balancer or an orchestrator asks. */
  readonly isReady: () => boolean | Promise<boolean>;
}

const REQUEST_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 32;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function mayRead(request: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  const shown = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(shown), digest(token));
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { registry, isReady, metrics }: MetricsPortOptions,
): Promise<void> {
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    answer(response, 405, 'only GET\n');
  } else if (path === '/health/live') {
    answer(response, 200, 'ok\n');
  } else if (path === '/health/ready') {
    const ready = await isReady();
    answer(response, ready ? 200 : 503, ready ? 'ok\n' : 'not ready\n');
  } else if (path !== '/metrics') {
    answer(response, 404, 'there are /metrics, /health/live and /health/ready\n');
  } else if (mayRead(request, metrics.token)) {
    answer(response, 200, registry.render(), CONTENT_TYPE);
  } else {
    response.setHeader('www-authenticate', 'Bearer');
    answer(response, 401, 'the metrics need their bearer token\n');
  }
}

/**
 * A small port for figures and health beside the work of a process, on loopback unless the site says otherwise.
 * @throws RadTriageError PORT_IN_USE, CONFIG_INVALID
 */
export async function serveMetrics(options: MetricsPortOptions): Promise<MetricsPort> {
  const { host } = options.metrics;
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    serve(request, response, options).catch(() => answer(response, 500, 'failed\n'));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.keepAliveTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID';
      const message = `metrics: cannot listen on ${host}:${options.port}: ${cause.message}`;
      reject(new RadTriageError(code, message, { cause }));
    });
    server.listen(options.port, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
