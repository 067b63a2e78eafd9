import { type RefObject, useEffect, useState } from 'react';
import type { ImageViewport } from './cornerstone.ts';
import type { ViewportControl } from './use-pane-hosts.ts';

const FRAME_MS = 100;

export interface Cine {
  readonly playing: boolean;
  readonly toggle: () => void;
  readonly stop: () => void;
}

/** Plays the stack of one pane, which rests while another is acted on, at ten images a second, waiting for each: a slow network slows it, and never piles up. */
export function useCine({ state, viewport }: ViewportControl): Cine {
  const [played, setPlayed] = useState<RefObject<ImageViewport | null> | null>(null);
  const playing = played === viewport;
  const setPlaying = (wanted: boolean) => setPlayed(wanted ? viewport : null);
  const count = state?.stack.images.length ?? 0;
  useEffect(() => {
    if (!playing || state === null || count < 2) return;
    const timer = setTimeout(() => {
      void viewport.current?.show(state.stack, (state.index + 1) % count).catch(() => {
        setPlayed(null);
      });
    }, FRAME_MS);
    return () => clearTimeout(timer);
  }, [playing, state, count, viewport]);
  return {
    playing: playing && count > 1,
    toggle: () => setPlaying(!playing && count > 1),
    stop: () => setPlaying(false),
  };
}
