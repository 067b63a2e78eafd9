import { areaWeights, resampleRow, type Size } from './letterbox.ts';
import type { Region } from './place.ts';
import type { Shades } from './window.ts';

/**
 * A region brought to another size, each cell the mean of what it covers. Streams the source row by row: columns first,
 * then each row's share is added to the target rows that it lies in.
 * @returns row-major, target.rows x target.columns
 */
export function resampleRegion(source: Shades, region: Region, target: Size): Float64Array {
  const across = areaWeights(region.columns, target.columns);
  const down = areaWeights(region.rows, target.rows);
  const out = new Float64Array(target.rows * target.columns);
  const row = new Float64Array(region.columns);
  const narrow = new Float64Array(target.columns);
  let lastRow = -1;
  for (let y = 0; y < target.rows; y += 1) {
    const begin = down.start[y] ?? 0;
    const end = down.start[y + 1] ?? begin;
    for (let k = begin; k < end; k += 1) {
      const sourceRow = (down.first[y] ?? 0) + k - begin;
      if (sourceRow !== lastRow) {
        source.readRow(region.top + sourceRow, region.left, row);
        resampleRow(row, across, narrow);
        lastRow = sourceRow;
      }
      const share = down.shares[k] ?? 0;
      for (let x = 0; x < target.columns; x += 1) {
        const at = y * target.columns + x;
        out[at] = (out[at] ?? 0) + share * (narrow[x] ?? 0);
      }
    }
  }
  return out;
}

/** The whole image in another size, kept. */
export function resampleWhole(source: Shades, target: Size): Shades {
  const region = { left: 0, top: 0, rows: source.rows, columns: source.columns };
  const plane = resampleRegion(source, region, target);
  return {
    ...target,
    readRow: (y, left, out) => {
      const from = y * target.columns + left;
      out.set(plane.subarray(from, from + out.length));
    },
  };
}
