import { type RefObject, useRef, useState } from 'react';
import { useKeys } from '../design/keyboard.ts';
import { moveSelection } from './move-selection.ts';
import type { RowStore } from './row-store.ts';

interface Options {
  readonly store: RowStore;
  readonly total: number;
  readonly open: (uid: string) => void;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onMore: () => void;
  readonly onMine: () => void;
}

/** The row that the reader is at: a study once it is loaded, until then a place. */
interface Choice {
  readonly uid: string | null;
  readonly index: number;
  /** Counts the keys that moved it: the row comes into sight and takes the focus. */
  readonly moves: number;
}

/** The chosen row follows its study, not its place: the list may move beneath it. */
export function useWorklistKeys({ store, total, open, search, ...options }: Options) {
  const [choice, setChoice] = useState<Choice>({ uid: null, index: 0, moves: 0 });
  const [help, setHelp] = useState(false);
  // Keys may come faster than renderings: the next one has to start from where the last one led.
  const latest = useRef(choice);
  const choose = (next: Choice) => {
    latest.current = next;
    setChoice(next);
  };
  const placeOf = ({ uid, index }: Choice) =>
    Math.max(0, Math.min((uid === null ? undefined : store.indexOf(uid)) ?? index, total - 1));
  const loaded = store.rowAt(choice.index)?.studyInstanceUid;
  // What a key led to before it was loaded is a study from now on.
  if (choice.uid === null && choice.moves > 0 && loaded !== undefined) {
    setChoice({ ...choice, uid: loaded });
  }
  useKeys((event) => {
    if (event.key === '/') {
      event.preventDefault();
      search.current?.select();
      return;
    }
    if (event.key === '?') {
      setHelp(true);
      return;
    }
    if (event.key === 'f') {
      options.onMore();
      return;
    }
    if (event.key === 'm') {
      options.onMine();
      return;
    }
    if (event.key === 'u') {
      store.adopt();
      return;
    }
    const now = latest.current.moves === choice.moves ? choice : latest.current;
    const place = placeOf(now);
    if (event.key === 'Enter') {
      // What is marked on the page, also where the chosen study has left the list.
      const uid = store.rowAt(place)?.studyInstanceUid;
      if (uid === undefined) return;
      // The row's link may not have the focus yet.
      event.preventDefault();
      open(uid);
      return;
    }
    const index = moveSelection(event.key, place, total);
    if (index === null) return;
    event.preventDefault();
    const uid = store.rowAt(index)?.studyInstanceUid ?? null;
    choose({ uid, index, moves: now.moves + 1 });
  });
  return { selected: placeOf(choice), moves: choice.moves, help, setHelp };
}
