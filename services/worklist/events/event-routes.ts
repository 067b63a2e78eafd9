import type { ServerResponse } from 'node:http';
import { noInput, type Route, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import { findSession } from '../accounts/sessions.ts';
import type { WebContext } from '../context.ts';
import type { EventHub, HubEvent } from './event-hub.ts';

/** Proxies cut streams that are silent for a minute. */
const HEARTBEAT_MS = 20_000;
const RETRY_MS = 2_000;
/** A reader who takes nothing off the line is cut, and comes back with a resync. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

function formatEvent(event: HubEvent): string {
  const data =
    event.kind === 'changed' ? JSON.stringify({ studyInstanceUid: event.studyInstanceUid }) : '{}';
  return `id: ${event.id}\nevent: ${event.kind}\ndata: ${data}\n\n`;
}

function writeOrCut(stream: ServerResponse, text: string): void {
  if (stream.writableLength > MAX_BACKLOG_BYTES) stream.destroy();
  else stream.write(text);
}

/** The open streams, so that a server that stops can end them. */
export interface EventStreams {
  readonly routes: readonly Route[];
  endAll(): void;
}

export function createEventStreams(context: WebContext, hub: EventHub): EventStreams {
  const streams = new Set<ServerResponse>();
  const route = rawRoute(
    {
      method: 'GET',
      path: '/api/events',
      access: EVERYONE,
      summary: 'Server-sent events: `changed` names a study, `resync` says to ask for everything',
      input: noInput,
      produces: ['text/event-stream'],
    },
    async (_input, { principal, request, reply }) => {
      reply.hijack();
      const stream = reply.raw;
      stream.writeHead(200, {
        ...flatHeaders(reply.getHeaders()),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      streams.add(stream);
      context.metrics.countEventClients(1);
      // A client that comes back names the last event it saw; we keep none, so it has to look for itself.
      const hello = request.headers['last-event-id'] === undefined ? 'ready' : 'resync';
      stream.write(`retry: ${RETRY_MS}\nid: 0\nevent: ${hello}\ndata: {}\n\n`);
      const unsubscribe = hub.subscribe((event) => writeOrCut(stream, formatEvent(event)));
      const heartbeat = setInterval(() => {
        writeOrCut(stream, ': still here\n\n');
        void endWhenSessionEnded(context, principal.sessionHash, stream);
      }, HEARTBEAT_MS);
      stream.once('close', () => {
        clearInterval(heartbeat);
        unsubscribe();
        if (streams.delete(stream)) context.metrics.countEventClients(-1);
      });
      return undefined;
    },
  );
  return {
    routes: [route],
    endAll: () => {
      for (const stream of streams) stream.destroy();
    },
  };
}

function flatHeaders(headers: Record<string, unknown>): Record<string, string> {
  const strings: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') strings[name] = value;
  }
  return strings;
}

/** A stream must not outlive its session. With the database down nobody can tell, and the stream stays. */
async function endWhenSessionEnded(
  context: WebContext,
  sessionHash: string | null,
  stream: ServerResponse,
): Promise<void> {
  if (sessionHash === null) return;
  try {
    const { database, config } = context;
    const owner = await findSession(database, sessionHash, config.sessionIdleMinutes);
    if (owner === undefined) stream.end();
  } catch {
    context.logger.warn('an event stream could not check its session');
  }
}
