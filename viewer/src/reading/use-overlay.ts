import { useState } from 'react';
import type { Heatmap } from '#contracts/study.ts';
import { useSession } from '../session/session-context.tsx';
import { type ColourMap, nextColourMap } from './colour-maps.ts';
import { DRAWN, type KeptWish, loadWish, saveWish } from './overlay-store.ts';

export const DRAWINGS = ['off', ...DRAWN] as const;
export type Drawing = (typeof DRAWINGS)[number];

/** Whether marks are shown holds for as long as the page stands: a browser must not open without them days later. */
const shown = { heatmap: true, boxes: true };

export interface OverlayControl {
  readonly drawing: Drawing;
  readonly colours: ColourMap;
  readonly boxes: boolean;
  /** Of the heat, 0 to 1. Contours are lines, and drawn in full. */
  readonly opacity: number;
  /** Score below which nothing is drawn, where the reader has moved it; null while it is each model's own. */
  readonly threshold: number | null;
  readonly toggleHeatmap: () => void;
  readonly nextDrawing: () => void;
  readonly draw: (drawing: Drawing) => void;
  readonly nextColours: () => void;
  readonly setColours: (colours: ColourMap) => void;
  readonly toggleBoxes: () => void;
  readonly setOpacity: (opacity: number) => void;
  readonly setThreshold: (threshold: number) => void;
}

/** How the reader wants AI marks: kept from study to study, and how they are drawn in the browser too. */
export function useOverlay(): OverlayControl {
  const { user } = useSession();
  const [wish, setWish] = useState<KeptWish & typeof shown>(() => ({
    ...loadWish(localStorage, user.name),
    ...shown,
  }));
  const [threshold, setThreshold] = useState<number | null>(null);
  const show = (next: Partial<typeof shown>) => {
    Object.assign(shown, next);
    setWish((before) => ({ ...before, ...next }));
  };
  const keep = (next: Partial<KeptWish>) => {
    const { drawn, colours, opacity } = { ...wish, ...next };
    saveWish(localStorage, user.name, { drawn, colours, opacity });
    setWish((before) => ({ ...before, ...next }));
  };
  const draw = (drawing: Drawing) => {
    show({ heatmap: drawing !== 'off' });
    if (drawing !== 'off') keep({ drawn: drawing });
  };
  const drawing = wish.heatmap ? wish.drawn : 'off';
  return {
    ...{ drawing, threshold, boxes: wish.boxes, opacity: wish.opacity, colours: wish.colours },
    draw,
    toggleHeatmap: () => show({ heatmap: !wish.heatmap }),
    nextDrawing: () => draw(DRAWINGS[(DRAWINGS.indexOf(drawing) + 1) % DRAWINGS.length] ?? 'off'),
    setColours: (colours) => keep({ colours }),
    nextColours: () => keep({ colours: nextColourMap(wish.colours) }),
    toggleBoxes: () => show({ boxes: !wish.boxes }),
    setOpacity: (opacity) => keep({ opacity }),
    setThreshold,
  };
}

/** The score from which a heatmap is drawn. */
export function drawnFrom(
  overlay: Pick<OverlayControl, 'threshold'>,
  heatmap: Pick<Heatmap, 'threshold'> | null,
): number {
  return overlay.threshold ?? heatmap?.threshold ?? 0.5;
}
