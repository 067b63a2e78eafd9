import { type Grid, sampleGrid } from './heatmap-raster.ts';

/** Lines are followed on a lattice of so many steps along the longer side: finer than any heatmap's own cells. */
const TARGET_STEPS = 256;
const MAX_STEPS_PER_CELL = 8;

interface Lattice {
  readonly columns: number;
  readonly rows: number;
  /** Places in cells of the heatmap. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly values: Float64Array;
}

function axisOf(length: number, steps: number): number[] {
  const inner = Array.from({ length: length * steps + 1 }, (_, step) => step / steps);
  return [0, ...inner, length];
}

/** The heatmap at each step, with a ring of nothing around it that lies on its rim. */
function latticeOf(grid: Grid): Lattice {
  const fit = Math.floor(TARGET_STEPS / Math.max(grid.width, grid.height));
  const steps = Math.max(1, Math.min(MAX_STEPS_PER_CELL, fit));
  const xs = axisOf(grid.width, steps);
  const ys = axisOf(grid.height, steps);
  const values = new Float64Array(xs.length * ys.length).fill(-1);
  for (let row = 1; row < ys.length - 1; row++) {
    for (let column = 1; column < xs.length - 1; column++) {
      values[row * xs.length + column] = sampleGrid(grid, xs[column] ?? 0, ys[row] ?? 0);
    }
  }
  return { columns: xs.length, rows: ys.length, xs, ys, values };
}

type Side = 'top' | 'right' | 'bottom' | 'left';
type SidePair = readonly [Side, Side];

/**
 * Between which sides of a square the line runs, by its corners that are inside: upper left 1, upper right 2, lower right
 * 4, lower left 8 (marching squares). With two opposite corners the middle decides which belong together.
 */
function pairsOf(inside: number, isMiddleInside: boolean): readonly SidePair[] {
  switch (inside) {
    case 1:
    case 14:
      return [['left', 'top']];
    case 2:
    case 13:
      return [['top', 'right']];
    case 3:
    case 12:
      return [['left', 'right']];
    case 4:
    case 11:
      return [['right', 'bottom']];
    case 6:
    case 9:
      return [['top', 'bottom']];
    case 7:
    case 8:
      return [['left', 'bottom']];
    case 5:
    case 10:
      return isMiddleInside === (inside === 5)
        ? [
            ['top', 'right'],
            ['left', 'bottom'],
          ]
        : [
            ['left', 'top'],
            ['right', 'bottom'],
          ];
    default:
      return [];
  }
}

interface Square {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** Upper left, upper right, lower right, lower left. */
  readonly corners: readonly [number, number, number, number];
}

function squareAt({ columns, xs, ys, values }: Lattice, column: number, row: number): Square {
  const at = (dx: 0 | 1, dy: 0 | 1) => values[(row + dy) * columns + column + dx] ?? -1;
  return {
    x: [xs[column] ?? 0, xs[column + 1] ?? 0],
    y: [ys[row] ?? 0, ys[row + 1] ?? 0],
    corners: [at(0, 0), at(1, 0), at(1, 1), at(0, 1)],
  };
}

/** Where the line crosses a side. */
function crossing({ x, y, corners }: Square, side: Side, level: number): [number, number] {
  const [upperLeft, upperRight, lowerRight, lowerLeft] = corners;
  const between = ([from, to]: readonly [number, number], a: number, b: number) =>
    from + (to - from) * ((level - a) / (b - a));
  switch (side) {
    case 'top':
      return [between(x, upperLeft, upperRight), y[0]];
    case 'bottom':
      return [between(x, lowerLeft, lowerRight), y[1]];
    case 'left':
      return [x[0], between(y, upperLeft, lowerLeft)];
    case 'right':
      return [x[1], between(y, upperRight, lowerRight)];
  }
}

/**
 * The lines along which the interpolated heatmap crosses a level, as pieces of four numbers x1, y1, x2, y2, in cells from
 * the outer corner of the first. They enclose what a heatmap drawn from that level up colours, and close along its rim:
 * a map that lies above the level everywhere has its outline.
 */
export function contourLines(grid: Grid, level: number): number[] {
  const lattice = latticeOf(grid);
  const isInside = (value: number) => value >= level && value > 0;
  const pieces: number[] = [];
  for (let row = 0; row + 1 < lattice.rows; row++) {
    for (let column = 0; column + 1 < lattice.columns; column++) {
      const square = squareAt(lattice, column, row);
      let inside = 0;
      let sum = 0;
      for (const [place, value] of square.corners.entries()) {
        if (isInside(value)) inside += 1 << place;
        sum += value;
      }
      if (inside === 0 || inside === 15) continue;
      for (const [from, to] of pairsOf(inside, isInside(sum / 4))) {
        pieces.push(...crossing(square, from, level), ...crossing(square, to, level));
      }
    }
  }
  return pieces;
}

/** Scores of the lines: where drawing starts, and half-way from there to 1, the same on every image. */
export function contourLevels(threshold: number): readonly [number, number] {
  return [threshold, (1 + threshold) / 2];
}
