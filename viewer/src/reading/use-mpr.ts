import { useMemo, useState } from 'react';
import { useKeys } from '../design/keyboard.ts';
import type { ViewportState } from './cornerstone.ts';
import { judgeVolume } from './cornerstone-judge.ts';
import type { ImageStack } from './image-stacks.ts';
import type { VolumeVerdict } from './volume-geometry.ts';
import type { Window } from './window-presets.ts';

export const MPR_KEY = '#';

/** What the planes are opened with: the stack, the slice that was looked at, and its window. */
export interface MprStart {
  readonly stack: ImageStack;
  readonly index: number;
  readonly window: Window | null;
}

export interface Mpr {
  readonly verdict: VolumeVerdict;
  /** null while the slices are shown. */
  readonly start: MprStart | null;
  readonly toggle: () => void;
  /** Back to the slices, if they are covered. */
  readonly leave: () => void;
}

/** The three planes of the series on the screen: they stand above the slices until they are left. */
export function useMpr(state: ViewportState | null, ready: boolean): Mpr {
  const [start, setStart] = useState<MprStart | null>(null);
  const stack = state?.stack ?? null;
  const verdict = useMemo(() => (stack === null ? 'few' : judgeVolume(stack)), [stack]);
  // Another series was chosen: it is what the reader wants to see.
  if (start !== null && stack !== null && stack !== start.stack) setStart(null);
  const toggle = () => {
    if (start !== null) setStart(null);
    else if (ready && state !== null && verdict === 'fits') {
      setStart({ stack: state.stack, index: state.index, window: state.window });
    }
  };
  useKeys((event) => {
    const leaves = start !== null && event.key === 'Escape';
    if (event.key === MPR_KEY || leaves) toggle();
  });
  return { verdict, start, toggle, leave: () => setStart(null) };
}
