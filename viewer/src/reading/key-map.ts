import type { MeasuringTool } from './cornerstone-tools.ts';
import type { Layout } from './hanging.ts';

export type Action =
  | { readonly type: 'scroll'; readonly by: number }
  | { readonly type: 'scroll-to'; readonly end: 'first' | 'last' }
  | { readonly type: 'series'; readonly by: 1 | -1 }
  | { readonly type: 'preset'; readonly number: number }
  | { readonly type: 'zoom'; readonly factor: number }
  | { readonly type: 'rotate'; readonly degrees: number }
  | { readonly type: 'finding'; readonly by: 1 | -1 }
  | { readonly type: 'marked-image'; readonly by: 1 | -1 }
  | { readonly type: 'measure'; readonly tool: MeasuringTool }
  | { readonly type: 'layout'; readonly layout: Layout }
  | { readonly type: 'prior'; readonly by: 1 | -1 }
  | { readonly type: SimpleAction };

export type SimpleAction =
  | 'invert'
  | 'flip-horizontal'
  | 'flip-vertical'
  | 'reset'
  | 'fit'
  | 'cine'
  | 'zoom-tool'
  | 'forget-measurements'
  | 'next-pane'
  | 'enlarge'
  | 'link'
  | 'heatmap'
  | 'next-drawing'
  | 'next-colours'
  | 'boxes'
  | 'confirm'
  | 'reject'
  | 'amend'
  | 'add'
  | 'undo'
  | 'sign-off'
  | 'load-new'
  | 'help'
  | 'cancel'
  | 'leave';

const ZOOM_STEP = 1.2;

/** One key, one act. The first rows are those of OHIF, which radiologists know; the last are ours. */
const KEYS: Readonly<Record<string, Action>> = {
  ArrowUp: { type: 'scroll', by: -1 },
  ArrowDown: { type: 'scroll', by: 1 },
  ArrowLeft: { type: 'scroll', by: -1 },
  ArrowRight: { type: 'scroll', by: 1 },
  Home: { type: 'scroll-to', end: 'first' },
  End: { type: 'scroll-to', end: 'last' },
  PageUp: { type: 'series', by: -1 },
  PageDown: { type: 'series', by: 1 },
  '+': { type: 'zoom', factor: ZOOM_STEP },
  '-': { type: 'zoom', factor: 1 / ZOOM_STEP },
  '=': { type: 'fit' },
  ' ': { type: 'reset' },
  z: { type: 'zoom-tool' },
  r: { type: 'rotate', degrees: 90 },
  l: { type: 'rotate', degrees: -90 },
  h: { type: 'flip-horizontal' },
  v: { type: 'flip-vertical' },
  i: { type: 'invert' },
  c: { type: 'cine' },
  d: { type: 'measure', tool: 'length' },
  a: { type: 'measure', tool: 'angle' },
  t: { type: 'measure', tool: 'bidirectional' },
  p: { type: 'measure', tool: 'ellipse' },
  x: { type: 'measure', tool: 'rectangle' },
  w: { type: 'measure', tool: 'magnify' },
  Delete: { type: 'forget-measurements' },
  f: { type: 'next-pane' },
  '6': { type: 'layout', layout: '1x1' },
  '7': { type: 'layout', layout: '1x2' },
  '8': { type: 'layout', layout: '2x2' },
  '9': { type: 'enlarge' },
  '/': { type: 'link' },
  // Back in time, and forward again.
  '<': { type: 'prior', by: 1 },
  '>': { type: 'prior', by: -1 },
  Escape: { type: 'cancel' },
  '?': { type: 'help' },

  o: { type: 'heatmap' },
  0: { type: 'next-drawing' },
  ';': { type: 'next-colours' },
  b: { type: 'boxes' },
  // On most keyboards neither needs a second key, as brackets do.
  ',': { type: 'marked-image', by: -1 },
  '.': { type: 'marked-image', by: 1 },
  j: { type: 'finding', by: 1 },
  k: { type: 'finding', by: -1 },
  y: { type: 'confirm' },
  n: { type: 'reject' },
  e: { type: 'amend' },
  m: { type: 'add' },
  u: { type: 'undo' },
  s: { type: 'sign-off' },
  g: { type: 'load-new' },
  q: { type: 'leave' },
};

/** What still works before banner and image of this study are drawn: looking for help, and leaving. */
const ALWAYS: ReadonlySet<Action['type']> = new Set(['help', 'leave']);
/** With an image that cannot be drawn, the way to the others. */
const MOVES: ReadonlySet<Action['type']> = new Set([
  ...(['scroll', 'scroll-to', 'series'] as const),
  ...(['next-pane', 'enlarge', 'layout', 'prior'] as const),
]);
/** Acts that a location needs, which the mode triage-only withholds. */
const NEEDS_LOCATIONS: ReadonlySet<Action['type']> = new Set([
  'heatmap',
  'next-drawing',
  'next-colours',
  'boxes',
  'finding',
  'marked-image',
  'confirm',
  'reject',
  'amend',
  'add',
]);

/** Verdicts: they are given on the study, and rest while a prior is acted on. */
const JUDGES: ReadonlySet<Action['type']> = new Set(['confirm', 'reject', 'amend', 'add']);

export interface KeyState {
  /** Banner and image of this very study are on the screen. */
  readonly ready: boolean;
  /** The image asked for could not be drawn. */
  readonly failed?: boolean;
  readonly locationsWithheld: boolean;
  /** The pane that keys act on shows a prior. */
  readonly onPrior?: boolean;
}

/** @param key KeyboardEvent.key; letters count the same with caps lock on */
export function actionOfKey(key: string, state: KeyState): Action | null {
  if (/^[1-5]$/.test(key)) return state.ready ? { type: 'preset', number: Number(key) } : null;
  const action = KEYS[key] ?? KEYS[key.toLowerCase()];
  if (action === undefined) return null;
  const live = state.ready || ALWAYS.has(action.type) || (state.failed && MOVES.has(action.type));
  if (!live || (state.onPrior === true && JUDGES.has(action.type))) return null;
  return state.locationsWithheld && NEEDS_LOCATIONS.has(action.type) ? null : action;
}
