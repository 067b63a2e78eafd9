import { useState } from 'react';
import type { WorklistItem } from '#contracts/study.ts';
import { useKeys } from '../design/keyboard.ts';
import type { RowStore } from './row-store.ts';

const STORE = 'radtriage.worklist.detail';

export interface Detail {
  readonly isOpen: boolean;
  /** The study that the pointer rests on, else the chosen one. */
  readonly item: WorklistItem | undefined;
  /** Whether that is the chosen one. */
  readonly isChosen: boolean;
  readonly toggle: () => void;
  readonly hover: (uid: string) => void;
}

interface Options {
  readonly store: RowStore;
  readonly selected: number;
  /** Counts the keys that moved the selection: the last word, of key or pointer, counts. */
  readonly moves: number;
}

/** The pane beside the list: whether it is open, and what it tells of. */
export function useDetail({ store, selected, moves }: Options): Detail {
  const [isOpen, setOpen] = useState(() => sessionStorage.getItem(STORE) === '1');
  const [pointed, setPointed] = useState<{ uid: string; moves: number } | null>(null);
  const toggle = () => {
    sessionStorage.setItem(STORE, isOpen ? '0' : '1');
    setOpen(!isOpen);
  };
  useKeys((event) => {
    if (event.key === 'd') toggle();
  });
  const place = pointed?.moves === moves ? store.indexOf(pointed.uid) : undefined;
  return {
    isOpen,
    item: store.rowAt(place ?? selected),
    isChosen: place === undefined || place === selected,
    toggle,
    hover: (uid) => setPointed({ uid, moves }),
  };
}
