import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type PointerEvent, useEffect, useMemo, useRef } from 'react';
import type { WorklistColumn } from '#contracts/worklist-views.ts';
import { useWidth } from '../design/use-width.ts';
import { useSession } from '../session/session-context.tsx';
import { COLUMNS, gridTemplate, nextSort, type Sort } from './columns.ts';
import { fitColumns } from './fit-columns.ts';
import type { RowStore } from './row-store.ts';
import { COLUMN_TITLES, WORKLIST_TEXT as T } from './text.ts';
import { EmptyRow, WorklistRow } from './worklist-row.tsx';

/** As --row-height and --head-height of tokens.css: rows never change their height, so nothing below them jumps. */
const ROW_HEIGHT = 56;
const HEAD_HEIGHT = 30;
const OVERSCAN = 10;
/** A pointer that only passes by means nothing. */
const REST_MS = 250;

interface WorklistTableProps {
  readonly store: RowStore;
  /** Of the store: a new one means that rows have changed. */
  readonly revision: number;
  readonly total: number;
  /** The server cannot be reached: what is here may be old. */
  readonly faded: boolean;
  readonly selected: number;
  /** Counts the keys that moved the selection: its link takes the focus, so that a screen reader says it. */
  readonly moves: number;
  readonly columns: readonly WorklistColumn[];
  readonly sort: Sort | null;
  readonly onSort: (sort: Sort | null) => void;
  readonly onOpen: (uid: string) => void;
  /** Told of the row on which the pointer comes to rest. */
  readonly onHover?: ((uid: string) => void) | undefined;
}

/** Heads that sort: one press one way, the next the other, the third back to the order of triage. */
function Head({ columns, sort, onSort }: Pick<WorklistTableProps, 'columns' | 'sort' | 'onSort'>) {
  const { site } = useSession();
  return (
    <thead>
      <tr className="grid-head grid-row" aria-rowindex={1}>
        {columns.map((column) => {
          const { sort: offered } = COLUMNS[column];
          const by = offered === 'score' && !site.aiInLists ? null : offered;
          const title = COLUMN_TITLES[column];
          const way = by !== null && sort?.by === by ? sort.direction : undefined;
          return (
            <th key={column} scope="col" aria-sort={way}>
              {by === null ? (
                title
              ) : (
                <button
                  type="button"
                  className="head-sort"
                  onClick={() => onSort(nextSort(sort, by))}
                >
                  {title}
                  {way === undefined ? null : way === 'ascending' ? ' ↑' : ' ↓'}
                </button>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function rowUid(element: Element): string | undefined {
  const row = element.closest('[data-uid]');
  return row instanceof HTMLElement ? row.dataset['uid'] : undefined;
}

/** All studies of the list, of which only those in sight are in the page. */
export function WorklistTable(props: WorklistTableProps) {
  const { store, total, selected, moves } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  // The same list as long as it stays: rows are only drawn again when theirs is another.
  const columns = useMemo(() => fitColumns(props.columns, width), [props.columns, width]);
  const template = { '--columns': gridTemplate(columns) } as CSSProperties;
  const focused = useRef(moves);
  const rows = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const shown = rows.getVirtualItems();
  const first = shown.at(0)?.index ?? 0;
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => store.show(first, last), [store, first, last]);
  const target = useRef(selected);
  target.current = selected;
  useEffect(() => {
    if (moves > 0) rows.scrollToIndex(target.current);
  }, [rows, moves]);
  // After every drawing, until the row that a key led to is there: an Enter that follows within the frame must open
  // this study and no other.
  useEffect(() => {
    if (focused.current === moves) return;
    const link = scroller.current?.querySelector(`[aria-rowindex="${selected + 2}"] a`);
    if (!(link instanceof HTMLElement)) return;
    focused.current = moves;
    link.focus({ preventScroll: true });
  });
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onPointerOver = ({ target }: PointerEvent) => {
    clearTimeout(resting.current);
    const uid = target instanceof Element ? rowUid(target) : undefined;
    if (uid === undefined || props.onHover === undefined) return;
    resting.current = setTimeout(props.onHover, REST_MS, uid);
  };
  return (
    <div
      className="grid"
      onPointerOver={onPointerOver}
      ref={scroller}
      data-faded={props.faded}
      style={template}
      onScroll={store.scrolled}
    >
      <table aria-label={T.title} aria-rowcount={total + 1}>
        <Head columns={columns} sort={props.sort} onSort={props.onSort} />
        <tbody style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const item = store.rowAt(index);
            const place = { place: index, top: start - HEAD_HEIGHT, selected: index === selected };
            return item === undefined ? (
              <EmptyRow key={index} {...place} />
            ) : (
              <WorklistRow
                key={item.studyInstanceUid}
                item={item}
                columns={columns}
                {...place}
                scrolling={rows.isScrolling}
                onOpen={props.onOpen}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
