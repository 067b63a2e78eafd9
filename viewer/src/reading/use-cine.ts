import { useEffect, useState } from 'react';
import type { ViewportControl } from './use-viewport.ts';

const FRAME_MS = 100;

export interface Cine {
  readonly playing: boolean;
  readonly toggle: () => void;
  readonly stop: () => void;
}

/** Plays a stack at ten images a second, waiting for each: a slow network slows it, and never piles up. */
export function useCine({ state, viewport }: ViewportControl): Cine {
  const [playing, setPlaying] = useState(false);
  const count = state?.stack.images.length ?? 0;
  useEffect(() => {
    if (!playing || state === null || count < 2) return;
    const timer = setTimeout(() => {
      void viewport.current?.show(state.stack, (state.index + 1) % count).catch(() => {
        setPlaying(false);
      });
    }, FRAME_MS);
    return () => clearTimeout(timer);
  }, [playing, state, count, viewport]);
  return {
    playing: playing && count > 1,
    toggle: () => setPlaying((now) => !now && count > 1),
    stop: () => setPlaying(false),
  };
}
