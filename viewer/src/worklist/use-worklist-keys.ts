import { type RefObject, useState } from 'react';
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
  const place = Math.max(
    0,
    items.findIndex((item) => item.studyInstanceUid === chosen),
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
    const current = items[place];
    if (event.key === 'Enter' && current !== undefined) {
      open(current.studyInstanceUid);
      return;
    }
    const next = items[moveSelection(event.key, place, items.length) ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    setChosen(next.studyInstanceUid);
  });
  return { selected: place, focused: chosen, help, setHelp };
}
