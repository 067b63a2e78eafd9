import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { RowStore } from './row-store.ts';
import { WORKLIST_TEXT as T } from './text.ts';
import { EmptyRow, WorklistRow } from './worklist-row.tsx';

/** As --row-height and --head-height of tokens.css: rows never change their height, so nothing below them jumps. */
const ROW_HEIGHT = 56;
const HEAD_HEIGHT = 30;
const OVERSCAN = 10;

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
  readonly onOpen: (uid: string) => void;
}

function Head() {
  return (
    <thead>
      <tr className="grid-head grid-row" aria-rowindex={1}>
        {Object.values(T.columns).map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** All studies of the list, of which only those in sight are in the page. */
export function WorklistTable(props: WorklistTableProps) {
  const { store, total, selected, moves } = props;
  const scroller = useRef<HTMLDivElement>(null);
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
  return (
    <div className="grid" ref={scroller} data-faded={props.faded} onScroll={store.scrolled}>
      <table aria-label={T.title} aria-rowcount={total + 1}>
        <Head />
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
