import type { Grid } from './grid.ts';

/** One slice in the making: its height in the thorax, and the geometry of its pixels. */
export interface SliceFrame {
  readonly y: number;
  readonly grid: Grid;
  readonly spacing: number;
}
