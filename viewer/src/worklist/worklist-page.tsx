import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { messageOf } from '../api/client.ts';
import { worklistQuery } from '../api/queries.ts';
import { setServerTime } from '../design/clock.ts';
import { KeyHelp } from '../design/key-help.tsx';
import { TEXT } from '../design/text.ts';
import { Button, Notice, State } from '../design/ui.tsx';
import { loadReadingPage } from '../reading/load-page.ts';
import { FilterBar } from './filter-bar.tsx';
import {
  FIRST_ROWS,
  type Filters,
  isFiltered,
  loadFilters,
  MAX_ROWS,
  NO_FILTERS,
  saveFilters,
  toQuery,
} from './filters.ts';
import { ModelNotices } from './model-notices.tsx';
import { WORKLIST_TEXT as T } from './text.ts';
import { useWorklistKeys } from './use-worklist-keys.ts';
import { WorklistTable } from './worklist-table.tsx';
import './worklist.css';

/** Fetches the reading chunk while the page has nothing better to do. */
function usePrefetchedReading(ready: boolean): void {
  useEffect(() => {
    if (!ready) return;
    const fetchIt = () => void loadReadingPage().catch(() => undefined);
    if (typeof requestIdleCallback !== 'function') {
      const timer = setTimeout(fetchIt, 1000);
      return () => clearTimeout(timer);
    }
    const idle = requestIdleCallback(fetchIt, { timeout: 3000 });
    return () => cancelIdleCallback(idle);
  }, [ready]);
}

function useFilters(): [Filters, (next: Filters) => void] {
  const [filters, setFilters] = useState(loadFilters);
  const change = (next: Filters) => {
    saveFilters(next);
    setFilters(next);
  };
  return [filters, change];
}

function Empty(props: { readonly filtered: boolean; readonly onClear: () => void }) {
  if (!props.filtered) return <State title={T.emptyTitle} detail={T.emptyDetail} testId="empty" />;
  return (
    <State
      title={T.noMatchTitle}
      testId="empty"
      action={<Button onClick={props.onClear}>{T.clear}</Button>}
    />
  );
}

export function WorklistPage() {
  const [, navigate] = useLocation();
  const [filters, setFilters] = useFilters();
  const [limit, setLimit] = useState(FIRST_ROWS);
  const search = useRef<HTMLInputElement>(null);
  const asked = useDeferredValue(toQuery(filters, limit));
  const list = useQuery({ ...worklistQuery(asked), placeholderData: keepPreviousData });
  const items = list.data?.items ?? [];
  const generatedAt = list.data?.generatedAt;
  useEffect(() => {
    if (generatedAt !== undefined) setServerTime(generatedAt);
  }, [generatedAt]);
  usePrefetchedReading(list.isSuccess);

  const open = (uid: string) => navigate(`/studies/${uid}`);
  const keys = useWorklistKeys({ items, open, search });
  const total = list.data?.total ?? 0;
  return (
    <div className="worklist" data-testid="worklist-page">
      <h1 className="visually-hidden">{T.title}</h1>
      <ModelNotices />
      <FilterBar
        filters={filters}
        onChange={setFilters}
        items={items}
        total={list.isSuccess ? total : null}
        search={search}
        onHelp={() => keys.setHelp(true)}
      />
      {list.isError && list.data !== undefined ? (
        <Notice tone="bad">{messageOf(list.error)}</Notice>
      ) : null}
      {total > MAX_ROWS && limit >= MAX_ROWS ? <Notice tone="warn">{T.limited}</Notice> : null}
      {list.isPending ? <State title={TEXT.loading} testId="loading" /> : null}
      {list.isError && list.data === undefined ? (
        <State
          title={messageOf(list.error)}
          action={<Button onClick={() => void list.refetch()}>{TEXT.retry}</Button>}
        />
      ) : null}
      {list.isSuccess && items.length === 0 ? (
        <Empty filtered={isFiltered(filters)} onClear={() => setFilters(NO_FILTERS)} />
      ) : null}
      {items.length === 0 ? null : (
        <WorklistTable
          items={items}
          total={total}
          selected={keys.selected}
          focused={keys.focused}
          onOpen={open}
          onNearEnd={() => {
            if (items.length < total) setLimit(Math.min(MAX_ROWS, items.length + FIRST_ROWS));
          }}
        />
      )}
      {keys.help ? (
        <KeyHelp
          title={T.helpTitle}
          groups={[{ title: T.title, keys: T.keys }]}
          onClose={() => keys.setHelp(false)}
        />
      ) : null}
    </div>
  );
}
