import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A body may take this long to come in, unless its route watches over it by itself. */
const BODY_DEADLINE_MS = 300_000;

interface Deadline {
  readonly ms: number;
  timer: NodeJS.Timeout | undefined;
}

const deadlines = new WeakMap<IncomingMessage, Deadline>();

function clear(raw: IncomingMessage): void {
  clearTimeout(deadlines.get(raw)?.timer);
}

function start(raw: IncomingMessage): void {
  const deadline = deadlines.get(raw);
  if (deadline === undefined || raw.complete) return;
  clearTimeout(deadline.timer);
  deadline.timer = setTimeout(() => {
    // A body that nobody reads never ends, and one that is not there neither: that it has all come is enough.
    if (!raw.complete) raw.destroy();
  }, deadline.ms);
}

/**
 * Ends connections whose body does not come to its end. Node's own limit on a request holds for every route alike, and
 * would cut off a long upload.
 */
export function addBodyDeadline(server: FastifyInstance, ms = BODY_DEADLINE_MS): void {
  server.addHook('onRequest', async ({ raw }) => {
    deadlines.set(raw, { ms, timer: undefined });
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
