import { lazy, Suspense, useDeferredValue, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { WorklistItem } from '#contracts/study.ts';
import { ApiFailure, messageOf } from '../api/client.ts';
import { setServerTime } from '../design/clock.ts';
import { formatCount, formatPersonName } from '../design/format.ts';
import { KeyHelp } from '../design/key-help.tsx';
import { TEXT } from '../design/text.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Key, Notice, State } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { loadReadingPage } from '../reading/load-page.ts';
import { type Sort, sortTitle } from './columns.ts';
import { FilterBar } from './filter-bar.tsx';
import { type Filters, isFiltered, NO_FILTERS, toggleMine, toQuery } from './filters.ts';
import { ModelNotices } from './model-notices.tsx';
import { WORKLIST_TEXT as T } from './text.ts';
import { useDetail } from './use-detail.ts';
import { useRows } from './use-rows.ts';
import { useView } from './use-view.ts';
import { useWorklistKeys } from './use-worklist-keys.ts';
import { WorklistTable } from './worklist-table.tsx';
import './worklist.css';

const FilterDialog = lazy(() => import('./filter-dialog.tsx'));
const DetailPane = lazy(() => import('./detail-pane.tsx'));
const ViewsDialog = lazy(() => import('./views-dialog.tsx'));

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

function isUnreachable(error: Error): boolean {
  return error instanceof ApiFailure && error.status === 0;
}

/** Seen by whoever looks, said by a screen reader at once. */
function announceStat(items: readonly WorklistItem[]): void {
  for (const { patientName, reason } of items) {
    showToast(T.newStat(formatPersonName(patientName), fromServer(reason)), { tone: 'bad' });
  }
}

/** Rows in sight keep their place; this says that there is more, and brings it. */
function NewsBar(props: { readonly arrived: number; readonly onShow: () => void }) {
  return (
    <div className="news" role="status" data-testid="news">
      {props.arrived === 0 ? null : (
        <Button size="small" kind="primary" onClick={props.onShow}>
          {T.newStudies(props.arrived, formatCount(props.arrived))} · {T.show} <Key>U</Key>
        </Button>
      )}
    </div>
  );
}

/** Whoever sorts otherwise must not take the first row for the most urgent. */
function SortNotice(props: { readonly sort: Sort; readonly onBack: () => void }) {
  const { by, direction } = props.sort;
  return (
    <Notice
      tone="warn"
      testId="not-triage"
      action={
        <Button kind="quiet" size="small" onClick={props.onBack}>
          {T.backToTriage}
        </Button>
      }
    >
      {T.sortedBy(sortTitle(by), direction)} <strong>{T.notTriage}</strong>
    </Notice>
  );
}

export function WorklistPage() {
  const [, navigate] = useLocation();
  const [view, setView] = useView();
  const { filters, sort } = view;
  const setFilters = (next: Filters) => setView({ ...view, filters: next });
  const setSort = (next: Sort | null) => setView({ ...view, sort: next });
  const [dialog, setDialog] = useState<'filters' | 'views' | null>(null);
  const closeDialog = () => setDialog(null);
  const search = useRef<HTMLInputElement>(null);
  const list = useRows(useDeferredValue(toQuery(view)), announceStat);
  const { store, state, asked } = list;
  useEffect(() => {
    if (state.generatedAt !== null) setServerTime(state.generatedAt);
  }, [state.generatedAt]);
  usePrefetchedReading(state.total !== null);

  const open = (uid: string) => navigate(`/studies/${uid}`);
  const total = state.total ?? 0;
  const onMore = () => setDialog('filters');
  const onMine = () => setFilters(toggleMine(filters));
  const keys = useWorklistKeys({ store, total, open, search, onMore, onMine });
  const detail = useDetail({ store, selected: keys.selected, moves: keys.moves });
  // What the pane says in full needs no column beside it.
  const columns = detail.isOpen ? view.columns.filter((each) => each !== 'reason') : view.columns;
  return (
    <div className="worklist" data-testid="worklist-page">
      <h1 className="visually-hidden">{T.title}</h1>
      <ModelNotices />
      <FilterBar
        filters={filters}
        onChange={setFilters}
        total={state.total}
        search={search}
        onMore={onMore}
        onViews={() => setDialog('views')}
        detail={detail}
        onHelp={() => keys.setHelp(true)}
      />
      {sort === null ? null : <SortNotice sort={sort} onBack={() => setSort(null)} />}
      {asked.error !== null && state.total !== null ? (
        <Notice tone="bad" testId="list-error">
          {isUnreachable(asked.error) ? T.offlineList : messageOf(asked.error)}
        </Notice>
      ) : null}
      {state.total === null && asked.error === null ? (
        <State title={TEXT.loading} testId="loading" />
      ) : null}
      {state.total === null && asked.error !== null ? (
        <State
          title={messageOf(asked.error)}
          action={<Button onClick={() => store.adopt()}>{TEXT.retry}</Button>}
        />
      ) : null}
      {state.total === 0 ? (
        <Empty filtered={isFiltered(filters)} onClear={() => setFilters(NO_FILTERS)} />
      ) : null}
      {total === 0 ? null : (
        <div className="list-and-detail">
          <NewsBar arrived={state.arrived} onShow={store.adopt} />
          <WorklistTable
            key={list.search}
            store={store}
            revision={state.revision}
            total={total}
            faded={asked.error !== null}
            selected={keys.selected}
            moves={keys.moves}
            columns={columns}
            onHover={detail.isOpen ? detail.hover : undefined}
            sort={sort}
            onSort={setSort}
            onOpen={open}
          />
          {detail.isOpen ? (
            <Suspense fallback={<aside className="detail" />}>
              <DetailPane
                item={detail.item}
                chosen={detail.isChosen}
                onOpen={open}
                onClose={detail.toggle}
              />
            </Suspense>
          ) : null}
        </div>
      )}
      <Suspense fallback={null}>
        {dialog === 'filters' ? (
          <FilterDialog filters={filters} onChange={setFilters} onClose={closeDialog} />
        ) : null}
        {dialog === 'views' ? (
          <ViewsDialog view={view} onChange={setView} onClose={closeDialog} />
        ) : null}
      </Suspense>
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
