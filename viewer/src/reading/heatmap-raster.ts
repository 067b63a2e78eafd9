import { type ColourMap, colourOf } from './colour-maps.ts';

export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Row-major, 0 to 1. */
  readonly values: readonly number[];
}

/** The longer side of the painted raster: finer than any heatmap, and cheap enough to repaint under a slider. */
const TARGET_SIDE = 448;
const MAX_FACTOR = 16;

export function rasterFactor({ width, height }: Grid): number {
  return Math.max(1, Math.min(MAX_FACTOR, Math.floor(TARGET_SIDE / Math.max(width, height))));
}

/** The value at a place in cells, where a cell's own value stands at its middle; bilinear between. */
export function sampleGrid(grid: Grid, x: number, y: number): number {
  const column = Math.min(grid.width - 1, Math.max(0, x - 0.5));
  const row = Math.min(grid.height - 1, Math.max(0, y - 0.5));
  const left = Math.floor(column);
  const top = Math.floor(row);
  const right = Math.min(grid.width - 1, left + 1);
  const bottom = Math.min(grid.height - 1, top + 1);
  const at = (c: number, r: number) => grid.values[r * grid.width + c] ?? 0;
  const partX = column - left;
  const upper = at(left, top) + (at(right, top) - at(left, top)) * partX;
  const lower = at(left, bottom) + (at(right, bottom) - at(left, bottom)) * partX;
  return upper + (lower - upper) * (row - top);
}

export interface Raster {
  readonly width: number;
  readonly height: number;
  /** RGBA. Opaque from the threshold up, fully clear below it. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Values first, colours after: so the edge of the threshold is where the interpolated score crosses it. */
export function paintHeatmap(grid: Grid, threshold: number, map: ColourMap): Raster {
  const factor = rasterFactor(grid);
  const width = grid.width * factor;
  const height = grid.height * factor;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const score = sampleGrid(grid, (column + 0.5) / factor, (row + 0.5) / factor);
      if (score < threshold || score <= 0) continue;
      const [red, green, blue] = colourOf(score, map);
      const place = (row * width + column) * 4;
      pixels[place] = red;
      pixels[place + 1] = green;
      pixels[place + 2] = blue;
      pixels[place + 3] = 255;
    }
  }
  return { width, height, pixels };
}
