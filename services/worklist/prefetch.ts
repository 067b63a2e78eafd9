import type { FastifyRequest } from 'fastify';

/** Sent by the page with what it fetches ahead, of a study that its reader may open next. */
export const PREFETCH_HEADER = 'x-radtriage-prefetch';

/**
 * Whether this was fetched ahead: nobody has looked at it yet, so the audit log has it as prefetched and not as read,
 * and it keeps no session alive. Whoever opens the study then is logged with that.
 */
export function isPrefetch({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return headers[PREFETCH_HEADER] !== undefined;
}
