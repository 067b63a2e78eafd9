import { CHANGE_CHANNEL } from '#platform/database/changes.ts';
import { listenToChannel } from '#platform/database/connect.ts';

/** `changed` names a study; `resync` says that changes may have been missed. */
export type HubEvent =
  | { readonly kind: 'changed'; readonly id: number; readonly studyInstanceUid: string }
  | { readonly kind: 'resync'; readonly id: number };

/** One connection to the database, and as many listeners as there are open pages. */
export interface EventHub {
  /** Resolves when the database tells of changes for the first time. */
  readonly ready: Promise<void>;
  /** Calls back with each event until the returned function is called. */
  subscribe(listener: (event: HubEvent) => void): () => void;
  close(): Promise<void>;
}

/** A CT arrives in hundreds of changes: each study is told of once in this time. */
const COALESCE_MS = 200;

export function createEventHub(databaseUrl: string): EventHub {
  const listeners = new Set<(event: HubEvent) => void>();
  const pending = new Set<string>();
  let nextId = 1;
  let timer: NodeJS.Timeout | undefined;
  const ready = Promise.withResolvers<void>();

  const send = (event: HubEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const flush = (): void => {
    timer = undefined;
    const uids = [...pending];
    pending.clear();
    for (const studyInstanceUid of uids) send({ kind: 'changed', id: nextId++, studyInstanceUid });
  };
  const channel = listenToChannel(databaseUrl, CHANGE_CHANNEL, {
    onMessage: (studyInstanceUid) => {
      pending.add(studyInstanceUid);
      timer ??= setTimeout(flush, COALESCE_MS);
    },
    onConnect: () => {
      // What happened before was not heard by those who listen already.
      send({ kind: 'resync', id: nextId++ });
      ready.resolve();
    },
  });
  return {
    ready: ready.promise,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      clearTimeout(timer);
      listeners.clear();
      await channel.close();
    },
  };
}
