import type { Grid } from './grid.ts';
import type { Thorax } from './thorax.ts';

/** A chest seen along z, and the picture of attenuation that is being drawn of it. */
export interface Projection {
  readonly thorax: Thorax;
  readonly grid: Grid;
  readonly spacing: number;
  readonly view: 'PA' | 'AP';
  /** Millimetres of thorax coordinates at a pixel. */
  readonly toMillimetres: (column: number, row: number) => readonly [number, number];
  readonly toPixels: (x: number, y: number) => readonly [number, number];
}
