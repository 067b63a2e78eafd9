import type { PlaneTool, Projection, Thickness } from './planes.ts';
import type { Window } from './window-presets.ts';

/** What can be done in the three planes. What names no plane acts on the framed one, or on all. */
export type PlaneAction =
  | { readonly type: 'step'; readonly slices: number }
  | { readonly type: 'next-plane' }
  | { readonly type: 'enlarge' }
  /** The same again goes back to the cross. */
  | { readonly type: 'tool'; readonly tool: PlaneTool }
  | { readonly type: 'window'; readonly window: Window }
  | { readonly type: 'preset'; readonly number: number }
  | { readonly type: 'thickness'; readonly thickness: Thickness | 'next' }
  | { readonly type: 'projection'; readonly projection: Projection | 'next' }
  | { readonly type: 'zoom'; readonly factor: number }
  | { readonly type: 'fit' }
  | { readonly type: 'invert' }
  | { readonly type: 'reset' }
  | { readonly type: 'forget-lengths' };

const ZOOM_STEP = 1.2;
const LEAP = 10;

/** As on the slices, where they have the like. */
const KEYS: Readonly<Record<string, PlaneAction>> = {
  ArrowUp: { type: 'step', slices: -1 },
  ArrowDown: { type: 'step', slices: 1 },
  ArrowLeft: { type: 'step', slices: -1 },
  ArrowRight: { type: 'step', slices: 1 },
  PageUp: { type: 'step', slices: -LEAP },
  PageDown: { type: 'step', slices: LEAP },
  Home: { type: 'step', slices: Number.NEGATIVE_INFINITY },
  End: { type: 'step', slices: Number.POSITIVE_INFINITY },
  f: { type: 'next-plane' },
  '9': { type: 'enlarge' },
  '+': { type: 'zoom', factor: ZOOM_STEP },
  '-': { type: 'zoom', factor: 1 / ZOOM_STEP },
  '=': { type: 'fit' },
  ' ': { type: 'reset' },
  i: { type: 'invert' },
  z: { type: 'tool', tool: 'zoom' },
  d: { type: 'tool', tool: 'length' },
  Delete: { type: 'forget-lengths' },
  t: { type: 'thickness', thickness: 'next' },
  p: { type: 'projection', projection: 'next' },
};

/** @param key KeyboardEvent.key; letters count the same with caps lock on */
export function planeActionOfKey(key: string): PlaneAction | null {
  if (/^[1-5]$/.test(key)) return { type: 'preset', number: Number(key) };
  return KEYS[key] ?? KEYS[key.toLowerCase()] ?? null;
}
