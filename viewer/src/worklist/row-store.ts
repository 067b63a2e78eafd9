import type { WorklistItem } from '#contracts/study.ts';
import type { Worklist, WorklistNews } from '#contracts/worklist.ts';
import { throttle } from '../api/throttle.ts';
import { createPages, PAGE_ROWS } from './row-pages.ts';

/** Where the rows of one list come from. Each may fail with an ApiFailure. */
export interface RowSource {
  page(offset: number, limit: number): Promise<Worklist>;
  rows(studyInstanceUids: readonly string[]): Promise<readonly WorklistItem[]>;
  news(since: string): Promise<WorklistNews>;
}

export interface ListState {
  /** Null until the first answer. */
  readonly total: number | null;
  readonly generatedAt: string | null;
  /** Studies that have come since the list was put into its order. */
  readonly arrived: number;
  readonly error: Error | null;
  /** Counts every change of any row. */
  readonly revision: number;
}

export interface RowStore {
  state(): ListState;
  subscribe(watcher: () => void): () => void;
  rowAt(index: number): WorklistItem | undefined;
  /** The place of a study, as far as it is loaded. */
  indexOf(studyInstanceUid: string): number | undefined;
  /** Says which rows are in sight: they are loaded, and kept up to date in their place. */
  show(first: number, last: number): void;
  /** A study changed, or (without a name) anything may have. */
  changed(studyInstanceUid: string | null): void;
  /** The reader moves the list: it may take its present order. */
  scrolled(): void;
  /** Takes the present order at once. */
  adopt(): void;
  /** Begins to load and to keep up; returns the way to stop. */
  start(): () => void;
}

interface Options {
  /** Called with studies that have become STAT, each once. */
  readonly onStat: (items: readonly WorklistItem[]) => void;
  /** True when nobody has touched the page for a while: then the list may move by itself. */
  readonly isUnattended: () => boolean;
}

const MAX_IN_FLIGHT = 2;
const PAUSE_MS = 1000;
const RETRY_MS = 5000;
/** Time alone changes the order, and a broken stream tells nothing. */
const REFRESH_MS = 20_000;
const MAX_REFRESHED = 100;

/**
 * The rows of a list of any length, of which only those near the reader's eyes are here. Rows in sight are brought up to
 * date where they stand; their order changes only when the reader scrolls, asks for it, or has gone.
 */
export function createRowStore(source: RowSource, options: Options): RowStore {
  const watchers = new Set<() => void>();
  const pages = createPages();
  const inFlight = new Set<number>();
  const touched = new Set<string>();
  const announced = new Set<string>();
  let state: ListState = { total: null, generatedAt: null, arrived: 0, error: null, revision: 0 };
  let sight = { first: 0, last: 0 };
  let since: string | null = null;
  let outdated = false;
  let closed = true;
  let retry: ReturnType<typeof setTimeout> | null = null;

  const set = (change: Partial<ListState>): void => {
    if (closed) return;
    state = { ...state, ...change, revision: state.revision + 1 };
    for (const watcher of watchers) watcher();
  };
  const failed = (thrown: unknown): void => {
    set({ error: thrown instanceof Error ? thrown : new Error(String(thrown)) });
    retry ??= setTimeout(() => {
      retry = null;
      load();
    }, RETRY_MS);
  };
  const fetchPage = async (number: number): Promise<void> => {
    const { generation } = pages;
    inFlight.add(number);
    try {
      const answer = await source.page(number * PAGE_ROWS, PAGE_ROWS);
      if (generation === pages.generation) {
        since ??= answer.generatedAt;
        pages.put(number, answer.items, answer.total);
        const { total, generatedAt } = answer;
        set({ total, generatedAt, error: null });
      }
      inFlight.delete(number);
      load();
    } catch (thrown) {
      inFlight.delete(number);
      failed(thrown);
    }
  };
  const load = (): void => {
    if (closed || retry !== null) return;
    for (const number of pages.missing(sight)) {
      if (inFlight.size >= MAX_IN_FLIGHT) return;
      if (!inFlight.has(number)) void fetchPage(number);
    }
  };
  const stopRetrying = (): void => {
    if (retry !== null) clearTimeout(retry);
    retry = null;
  };
  const adopt = (): void => {
    stopRetrying();
    outdated = false;
    since = null;
    touched.clear();
    pages.age();
    if (state.arrived > 0) set({ arrived: 0 });
    load();
  };
  const refreshRows = async (uids: readonly string[]): Promise<void> => {
    if (uids.length === 0) return;
    pages.update(await source.rows(uids));
    set({ error: null });
  };
  const askNews = async (): Promise<void> => {
    if (since === null) return;
    const asked = since;
    const news = await source.news(asked);
    const fresh = news.stat.filter((item) => !announced.has(item.studyInstanceUid));
    for (const item of fresh) announced.add(item.studyInstanceUid);
    if (fresh.length > 0) options.onStat(fresh);
    if (asked === since && news.arrived !== state.arrived) set({ arrived: news.arrived });
  };
  const catchUp = throttle(() => {
    if (closed || state.total === null) return;
    outdated = true;
    if (state.total === 0 || options.isUnattended()) {
      // Nothing is in sight that could jump, or nobody sees it.
      void askNews().catch(failed).then(adopt);
      return;
    }
    const inSight = pages.uidsIn(sight);
    const refreshed = inSight.filter((uid) => touched.has(uid)).slice(0, MAX_REFRESHED);
    pages.ageExcept(touched, inSight);
    touched.clear();
    void Promise.all([refreshRows(refreshed), askNews()]).catch(failed);
  }, PAUSE_MS);
  const everything = (): void => {
    for (const uid of pages.uidsIn(sight)) touched.add(uid);
    catchUp();
  };
  const adoptSoon = throttle(() => {
    if (outdated) adopt();
  }, PAUSE_MS);
  return {
    state: () => state,
    subscribe: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    rowAt: pages.rowAt,
    indexOf: pages.indexOf,
    show: (first, last) => {
      sight = { first, last };
      load();
    },
    changed: (uid) => {
      if (uid === null) everything();
      else {
        touched.add(uid);
        catchUp();
      }
    },
    scrolled: () => {
      if (outdated) adoptSoon();
    },
    adopt,
    start: () => {
      closed = false;
      const clock = setInterval(everything, REFRESH_MS);
      load();
      return () => {
        closed = true;
        clearInterval(clock);
        stopRetrying();
        catchUp.cancel();
        adoptSoon.cancel();
      };
    },
  };
}
