import { useSyncExternalStore } from 'react';
import { changedEventSchema } from '#contracts/session.ts';

/** `lost` once the stream has been away for longer than a blink. */
export type Connection = 'connecting' | 'live' | 'lost';

const RETRY_MS = 3000;
const BLINK_MS = 4000;

interface Listener {
  changed(studyInstanceUid: string): void;
  /** Anything may have changed: ask again for all that is shown. */
  resync(): void;
}

let source: EventSource | null = null;
let connection: Connection = 'connecting';
let blink: ReturnType<typeof setTimeout> | null = null;
let retry: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<Listener>();
const watchers = new Set<() => void>();

function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const watcher of watchers) watcher();
}

function onOpen(): void {
  if (blink !== null) clearTimeout(blink);
  blink = null;
  const missedSome = connection !== 'live';
  setConnection('live');
  if (missedSome) for (const listener of listeners) listener.resync();
}

function onError(): void {
  blink ??= setTimeout(() => setConnection('lost'), BLINK_MS);
  // The browser reconnects by itself unless the server refused; then we must.
  if (source?.readyState !== EventSource.CLOSED) return;
  source = null;
  retry ??= setTimeout(() => {
    retry = null;
    if (listeners.size > 0) connect();
  }, RETRY_MS);
}

function onChanged(event: MessageEvent<string>): void {
  const uid = parseChanged(event.data);
  for (const listener of listeners) {
    if (uid === null) listener.resync();
    else listener.changed(uid);
  }
}

function parseChanged(data: string): string | null {
  try {
    const parsed = changedEventSchema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data.studyInstanceUid : null;
  } catch {
    return null;
  }
}

function connect(): void {
  source = new EventSource('/api/events');
  source.onopen = onOpen;
  source.onerror = onError;
  source.addEventListener('changed', onChanged);
  source.addEventListener('resync', () => {
    for (const listener of listeners) listener.resync();
  });
}

/** Listens to the server's events; the stream is open while anyone listens. Returns the way to stop. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (source === null && retry === null) connect();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    source?.close();
    source = null;
    if (blink !== null) clearTimeout(blink);
    if (retry !== null) clearTimeout(retry);
    blink = null;
    retry = null;
    connection = 'connecting';
  };
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useConnection(): Connection {
  return useSyncExternalStore(watch, () => connection);
}
