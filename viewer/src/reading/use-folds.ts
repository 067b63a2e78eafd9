import { type RefObject, useLayoutEffect, useRef } from 'react';

/** The order in which tools are folded away when a line has no room for all. */
export const FOLD_STEPS = ['first', 'second', 'last'] as const;
export type FoldStep = (typeof FOLD_STEPS)[number];

/** Folds no more than it has to: words differ in length from language to language, so that no width could be told before. */
function fitLine(line: HTMLElement): void {
  const folds = [...line.querySelectorAll<HTMLElement>('[data-folds]')];
  for (let steps = 0; steps <= FOLD_STEPS.length; steps += 1) {
    const folded: readonly (string | undefined)[] = FOLD_STEPS.slice(0, steps);
    for (const fold of folds) {
      fold.dataset['folded'] = String(folded.includes(fold.dataset['folds']));
    }
    if (line.scrollWidth <= line.clientWidth) return;
  }
}

/**
 * A line whose folds are kept such that all is in it.
 * @param content what is in the line, in a word: it is fitted anew when that changes
 */
export function useFolds(content: string): RefObject<HTMLDivElement | null> {
  const line = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is in the line decides how wide it is
  useLayoutEffect(() => {
    const element = line.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => fitLine(element));
    observer.observe(element);
    fitLine(element);
    return () => observer.disconnect();
  }, [content]);
  return line;
}
