import type { FastifyInstance } from 'fastify';

const PREFIX = '/dicomweb/';
const PREFLIGHT_SECONDS = 600;
/** What a page may read of an answer besides its body. */
const EXPOSED = 'Warning, ETag, Content-Location, Retry-After';

/**
 * Lets pages of other origins ask DICOMweb (WHATWG Fetch, CORS), and nothing else of ours. Credentials are not allowed:
 * a browser sends no cookie along then, and a page needs a bearer token as any other client does.
 */
export function addCrossOrigin(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = new Set(origins);
  server.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin) || !request.url.startsWith(PREFIX)) return;
    void reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', EXPOSED)
      .header('cross-origin-resource-policy', 'cross-origin')
      .header('vary', 'Origin');
  });
  server.options(`${PREFIX}*`, async (_request, reply) => {
    void reply
      .code(204)
      .header('access-control-allow-methods', 'GET, POST')
      .header(
        'access-control-allow-headers',
        'Authorization, Accept, Content-Type, If-None-Match, Cache-Control',
      )
      .header('access-control-max-age', PREFLIGHT_SECONDS);
    return reply.send();
  });
}
