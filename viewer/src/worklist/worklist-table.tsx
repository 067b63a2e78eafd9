import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { WorklistItem } from '#contracts/study.ts';
import { WORKLIST_TEXT as T } from './text.ts';
import { WorklistRow } from './worklist-row.tsx';

/** As --row-height and --head-height of tokens.css: rows never change their height, so nothing below them jumps. */
const ROW_HEIGHT = 56;
const HEAD_HEIGHT = 30;
const NEAR_END = 30;

interface WorklistTableProps {
  readonly items: readonly WorklistItem[];
  readonly total: number;
  readonly selected: number;
  /** The study that the keyboard chose: its link takes the focus, so that a screen reader says it. */
  readonly focused: string | null;
  readonly onOpen: (uid: string) => void;
  readonly onNearEnd: () => void;
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
  const { items, selected, focused, onNearEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => items[index]?.studyInstanceUid ?? index,
    overscan: 12,
    scrollMargin: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const nearEnd = last > items.length - NEAR_END;
  useEffect(() => {
    if (nearEnd) onNearEnd();
  }, [nearEnd, onNearEnd]);
  useEffect(() => {
    if (focused === null) return;
    rows.scrollToIndex(selected);
    const focus = (): boolean => {
      const row = scroller.current?.querySelector(`[data-uid="${CSS.escape(focused)}"] a`);
      if (!(row instanceof HTMLElement)) return false;
      row.focus({ preventScroll: true });
      return true;
    };
    // At once where the row is drawn: an Enter that follows within the frame must open this study and no other.
    if (focus()) return;
    const frame = requestAnimationFrame(focus);
    return () => cancelAnimationFrame(frame);
  }, [rows, selected, focused]);
  return (
    <div className="grid" ref={scroller}>
      <table aria-label={T.title} aria-rowcount={props.total + 1}>
        <Head />
        <tbody style={{ height: rows.getTotalSize() }}>
          {shown.map(({ index, key, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <WorklistRow
                key={key}
                item={item}
                place={index}
                top={start - HEAD_HEIGHT}
                selected={index === selected}
                onOpen={props.onOpen}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
