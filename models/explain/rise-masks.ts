import type { GridSize } from './map-grid.ts';

export interface RiseMaskSettings {
  /** Of the coarse random grid; 8 x 8 in the article. */
  readonly cells: GridSize;
  /** Chance of a cell to be shown. */
  readonly keep: number;
}

/** One random mask: a coarse grid of shown (1) and hidden (0) cells, bilinear between their centres, shifted at random. */
export interface RiseMask {
  /** [rows, columns], 0 to 1. */
  readonly values: Float32Array;
}

/**
 * Endless masks as of RISE (Petsiuk, Das, Saenko, BMVC 2018): a grid one cell larger than the input in each direction
 * is enlarged, and an input's size of it cut out at a random place within the first cell.
 * @param next uniform random numbers
 */
export function* riseMasks(
  size: GridSize,
  { cells, keep }: RiseMaskSettings,
  next: () => number,
): Generator<RiseMask, never> {
  const nodes = { rows: cells.rows + 1, columns: cells.columns + 1 };
  const cell = {
    rows: Math.ceil(size.rows / cells.rows),
    columns: Math.ceil(size.columns / cells.columns),
  };
  for (;;) {
    const length = nodes.rows * nodes.columns;
    const values = Float64Array.from({ length }, () => (next() < keep ? 1 : 0));
    const down = betweenNodes(size.rows, {
      shift: Math.floor(next() * cell.rows),
      cell: cell.rows,
      nodes: nodes.rows,
    });
    const across = betweenNodes(size.columns, {
      shift: Math.floor(next() * cell.columns),
      cell: cell.columns,
      nodes: nodes.columns,
    });
    yield { values: enlarge({ values, columns: nodes.columns }, down, across) };
  }
}

interface Place {
  readonly low: number;
  readonly high: number;
  /** Share of `high`. */
  readonly part: number;
}

function betweenNodes(
  length: number,
  { shift, cell, nodes }: { shift: number; cell: number; nodes: number },
): Place[] {
  return Array.from({ length }, (_, i) => {
    const at = Math.min(Math.max((i + shift + 0.5) / cell - 0.5, 0), nodes - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, nodes - 1), part: at - low };
  });
}

function enlarge(
  { values, columns }: { values: Float64Array; columns: number },
  down: readonly Place[],
  across: readonly Place[],
): Float32Array {
  const out = new Float32Array(down.length * across.length);
  const row = new Float64Array(columns);
  for (const [y, { low, high, part }] of down.entries()) {
    for (let x = 0; x < columns; x += 1) {
      const upper = values[low * columns + x] ?? 0;
      row[x] = upper + part * ((values[high * columns + x] ?? 0) - upper);
    }
    const start = y * across.length;
    for (let x = 0; x < across.length; x += 1) {
      const place = across[x];
      if (place === undefined) continue;
      const left = row[place.low] ?? 0;
      out[start + x] = left + place.part * ((row[place.high] ?? 0) - left);
    }
  }
  return out;
}
