import type { FastifyRequest } from 'fastify';
import { readWishes, type Wish } from '../negotiate.ts';

/** What the asker takes: by the query parameter `accept` where there is one (PS3.18 8.3.3.1), else by the header. */
export function wishesOf(request: FastifyRequest): readonly Wish[] {
  return readWishes(acceptOf(request));
}

export function acceptOf({ query, headers }: FastifyRequest): string | undefined {
  if (typeof query === 'object' && query !== null && 'accept' in query) {
    const { accept } = query;
    // A plus in a query means a space: media types have pluses and, between letters, no spaces.
    if (typeof accept === 'string') return accept.replace(/(\w) (\w)/g, '$1+$2');
  }
  return headers.accept;
}
