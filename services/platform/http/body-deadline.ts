import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A body may take this long to come in, unless its route watches over it by itself. */
const BODY_DEADLINE_MS = 300_000;

const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

function clear(raw: IncomingMessage): void {
  clearTimeout(timers.get(raw));
  timers.delete(raw);
}

function start(raw: IncomingMessage): void {
  clear(raw);
  if (raw.complete) return;
  timers.set(
    raw,
    setTimeout(() => raw.destroy(), BODY_DEADLINE_MS),
  );
}

/**
 * Ends connections whose body does not come to its end. Node's own limit on a request holds for every route alike, and
 * would cut off a long upload.
 */
export function addBodyDeadline(server: FastifyInstance): void {
  server.addHook('onRequest', async ({ raw }) => {
    start(raw);
    raw.once('end', () => clear(raw));
    raw.once('close', () => clear(raw));
  });
}

/** The route watches over the pace of the body itself. */
export function liftBodyDeadline({ raw }: FastifyRequest): void {
  clear(raw);
}

/** What is left of the body is read and dropped, within the usual time. */
export function dropBody({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return;
  start(raw);
  raw.resume();
}
