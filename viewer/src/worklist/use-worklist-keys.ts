import { type RefObject, useRef, useState } from 'react';
import type { WorklistItem } from '#contracts/study.ts';
import { useKeys } from '../design/keyboard.ts';
import { moveSelection } from './move-selection.ts';

interface Options {
  readonly items: readonly WorklistItem[];
  readonly open: (uid: string) => void;
  readonly search: RefObject<HTMLInputElement | null>;
}

/** The chosen row follows its study, not its place: the list may move beneath it. */
export function useWorklistKeys({ items, open, search }: Options) {
  const [chosen, setChosen] = useState<string | null>(null);
  const [help, setHelp] = useState(false);
  // Keys may come faster than renderings: the next one has to start from where the last one led.
  const latest = useRef(chosen);
  const placeOf = (uid: string | null) =>
    Math.max(
      0,
      items.findIndex((item) => item.studyInstanceUid === uid),
    );
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
    const place = placeOf(latest.current);
    const current = items[place];
    if (event.key === 'Enter' && current !== undefined) {
      // The row's link may not have the focus yet.
      event.preventDefault();
      open(current.studyInstanceUid);
      return;
    }
    const next = items[moveSelection(event.key, place, items.length) ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    latest.current = next.studyInstanceUid;
    setChosen(next.studyInstanceUid);
  });
  return { selected: placeOf(chosen), focused: chosen, help, setHelp };
}
