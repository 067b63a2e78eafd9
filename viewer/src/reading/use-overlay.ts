import { useState } from 'react';
import type { Heatmap } from '#contracts/study.ts';

/** How the reader wants AI marks; kept from study to study. */
const kept = { heatmap: true, boxes: true, opacity: 0.35 };

export interface OverlayControl {
  readonly heatmap: boolean;
  readonly boxes: boolean;
  /** 0 to 1. */
  readonly opacity: number;
  /** Score below which no heat is drawn: the model's own, until the reader moves it. */
  readonly threshold: number;
  readonly toggleHeatmap: () => void;
  readonly toggleBoxes: () => void;
  readonly setOpacity: (opacity: number) => void;
  readonly setThreshold: (threshold: number) => void;
}

export function useOverlay(current: Heatmap | null): OverlayControl {
  const [wish, setWish] = useState({ ...kept });
  const [threshold, setThreshold] = useState<number | null>(null);
  const change = (next: Partial<typeof kept>) => {
    Object.assign(kept, next);
    setWish((before) => ({ ...before, ...next }));
  };
  return {
    ...wish,
    threshold: threshold ?? current?.threshold ?? 0.5,
    toggleHeatmap: () => change({ heatmap: !wish.heatmap }),
    toggleBoxes: () => change({ boxes: !wish.boxes }),
    setOpacity: (opacity) => change({ opacity }),
    setThreshold,
  };
}
