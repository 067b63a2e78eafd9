import type { FastifyInstance } from 'fastify';

/** What the page may load: itself, its own WebAssembly codecs, and workers that it makes from blobs. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

const ONE_YEAR_SECONDS = 31_536_000;

/** Sets the headers on every answer, errors included. Without a word of the route's own nothing is cached. */
export function addSecurityHeaders(server: FastifyInstance, options: { tls: boolean }): void {
  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS).header('cache-control', 'no-store');
    if (options.tls) reply.header('strict-transport-security', `max-age=${ONE_YEAR_SECONDS}`);
  });
}
