import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RadTriageError } from '#core/errors.ts';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>RadTriage</title>
<h1>The viewer is not built</h1>
<p>The server runs and its API answers. Build the page with <code>npm run build</code>, then load this page again.</p>
</html>`;

const SERVER_PATHS = /^\/(api|dicomweb|metrics)(\/|$)/;
const ONE_YEAR_SECONDS = 31_536_000;

function asksForPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const path = new URL(request.url, 'http://localhost').pathname;
  // An accession number may end like a file's name.
  if (path.startsWith('/accession/')) return true;
  return !SERVER_PATHS.test(path) && !/\.[a-z][a-z0-9]*$/i.test(path);
}

/** Serves the built page; any path that is neither the API nor a file is the page's own affair. */
export async function addViewer(server: FastifyInstance, directory: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: directory,
    index: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Vite names these files by their content.
      const isHashed = path.startsWith(join(directory, 'assets'));
      reply.header(
        'cache-control',
        isHashed ? `public, max-age=${ONE_YEAR_SECONDS}, immutable` : 'no-cache',
      );
    },
  });
  const sendPage = async (reply: FastifyReply) => {
    if (existsSync(join(directory, 'index.html'))) return reply.sendFile('index.html');
    return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT);
  };
  server.get('/', async (_request, reply) => sendPage(reply));
  server.setNotFoundHandler(async (request, reply) => {
    if (asksForPage(request)) return sendPage(reply);
    throw new RadTriageError('NOT_FOUND', 'there is nothing under this address');
  });
}
