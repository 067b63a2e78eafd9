import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { WorklistItem } from '#contracts/study.ts';
import { listen } from '../api/events.ts';
import { quietMs } from '../api/presence.ts';
import { worklistNewsQuery, worklistQuery, worklistRowsQuery } from '../api/queries.ts';
import { createRowStore, type ListState, type RowStore } from './row-store.ts';

/** After this time without a touch nobody's hand can be on a row. */
const UNATTENDED_MS = 60_000;

export interface Rows {
  /** The list to show: that of an earlier search until the first rows of a new one are here. */
  readonly store: RowStore;
  readonly search: string;
  readonly state: ListState;
  /** Of the search that is asked for. */
  readonly asked: ListState;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('&');
}

/**
 * The rows of GET /api/worklist for a query string without limit and offset.
 * @param onStat told of studies that have become STAT while the list is open; must not change
 */
export function useRows(search: string, onStat: (items: readonly WorklistItem[]) => void): Rows {
  const queries = useQueryClient();
  const store = useMemo(() => {
    const source = {
      page: (offset: number, limit: number) =>
        queries.fetchQuery(worklistQuery(joined(`limit=${limit}`, `offset=${offset}`, search))),
      rows: async (uids: readonly string[]) =>
        (await queries.fetchQuery(worklistRowsQuery(uids))).items,
      news: (since: string) =>
        queries.fetchQuery(worklistNewsQuery(joined(`since=${encodeURIComponent(since)}`, search))),
    };
    const isUnattended = () => quietMs() > UNATTENDED_MS;
    return createRowStore(source, { onStat, isUnattended });
  }, [queries, search, onStat]);
  useEffect(() => {
    const stop = store.start();
    const deafen = listen({
      changed: (uid) => store.changed(uid),
      resync: () => store.changed(null),
    });
    return () => {
      deafen();
      stop();
    };
  }, [store]);
  const asked = useSyncExternalStore(store.subscribe, store.state);
  const [shown, setShown] = useState({ store, search });
  const isReady = asked.total !== null || shown.store.state().total === null;
  if (shown.store !== store && isReady) setShown({ store, search });
  return { ...shown, state: shown.store.state(), asked };
}
