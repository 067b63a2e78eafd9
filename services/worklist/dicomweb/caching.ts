import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

const MAX_AGE_SECONDS = 600;

/**
 * Lets the asker's own browser keep an answer, under that very session or token only: on a shared workstation the
 * next person must not be served from what the one before has fetched.
 * @returns true when the asker has it already, and 304 is the answer
 */
export function keepPrivately(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: readonly string[],
): boolean {
  const tag = `"${createHash('sha256').update(parts.join('\n')).digest('base64url')}"`;
  void reply
    .header('etag', tag)
    .header('cache-control', `private, max-age=${MAX_AGE_SECONDS}, must-revalidate`)
    .header('vary', 'Cookie, Authorization, Accept, Origin');
  if (request.headers['if-none-match'] !== tag) return false;
  void reply.code(304);
  return true;
}
