import { translated } from '../languages/language.ts';

/** Words of what is drawn over the image, and of its controls. */
export const OVERLAY_TEXT = translated('OVERLAY_TEXT', {
  drawing: 'How the heatmap is drawn',
  drawings: { off: 'Off', heat: 'Heat', contour: 'Contour' },
  colours: 'Colours',
  boxes: 'Boxes',
  opacity: 'Opacity',
  threshold: 'Threshold',
  units: { score: 'score', 'share-of-score': 'share of score lost' },
  drawnFrom: (score: string) => `drawn from ${score}`,
  linesAt: (first: string, second: string) => `lines at ${first}, ${second}`,
  flagsFrom: (score: string) => `study flagged from ${score}`,
  strip: 'Slices with findings',
  sliceOf: (slice: number, count: number) => `Slice ${slice} / ${count}`,
  heatUpTo: (score: string) => `heat up to ${score}`,
});
