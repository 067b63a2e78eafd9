import { RadTriageError } from '#core/errors.ts';
import type { ModelInput, Window } from '../manifest/input.ts';
import { areaWeights, letterboxGeometry, resampleRow } from './letterbox.ts';
import { type SourceImage, windowBounds, windowRow } from './window.ts';

/** A network's input: float32, row-major, dims [1, channels, H, W]. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly [1, number, number, number];
}

/**
 * One image as the network gets it: inverted when MONOCHROME1, windowed to 0..1, averaged by area into a letterbox
 * padded after the window, then (x - mean) / std. Computed in float64 and rounded to float32 at the very end, as in
 * models/shared-python/preprocess.py, which a test holds it against.
 *
 * @param window the manifest's, or that of the variant that fits the image
 * @throws RadTriageError PIXELS_UNDECODABLE when there are fewer values than rows x columns
 */
export function preprocess(image: SourceImage, input: ModelInput, window: Window): Tensor {
  const { values, rows, columns } = image;
  if (rows < 1 || columns < 1 || values.length !== rows * columns) {
    throw new RadTriageError('PIXELS_UNDECODABLE', 'rows x columns does not match the pixel count');
  }
  const { mean, std } = input.normalise;
  if (
    input.resize.kind !== 'area-letterbox' ||
    typeof mean !== 'number' ||
    typeof std !== 'number'
  ) {
    throw new RadTriageError('MODEL_MANIFEST_INVALID', 'this preprocessing is not done yet');
  }
  const [targetRows, targetColumns] = input.size;
  const box = letterboxGeometry(image, { rows: targetRows, columns: targetColumns });
  const resized = windowAndResize(image, window, box);
  const data = new Float32Array(targetRows * targetColumns).fill((input.resize.pad - mean) / std);
  for (let y = 0; y < box.height; y += 1) {
    const target = (y + box.top) * targetColumns + box.left;
    for (let x = 0; x < box.width; x += 1) {
      data[target + x] = ((resized[y * box.width + x] ?? 0) - mean) / std;
    }
  }
  return { data, dims: [1, 1, targetRows, targetColumns] };
}

/** Streams the source row by row: columns first, then each row's share is added to the target rows it lies in. */
function windowAndResize(
  image: SourceImage,
  window: Window,
  target: { width: number; height: number },
): Float64Array {
  const { values, rows, columns } = image;
  const bounds = windowBounds(image, window);
  const across = areaWeights(columns, target.width);
  const down = areaWeights(rows, target.height);
  const out = new Float64Array(target.width * target.height);
  const row = new Float64Array(columns);
  const narrow = new Float64Array(target.width);
  let lastRow = -1;
  for (let y = 0; y < target.height; y += 1) {
    const begin = down.start[y] ?? 0;
    const end = down.start[y + 1] ?? begin;
    for (let k = begin; k < end; k += 1) {
      const sourceRow = (down.first[y] ?? 0) + k - begin;
      if (sourceRow !== lastRow) {
        const from = sourceRow * columns;
        resampleRow(windowRow(values.subarray(from, from + columns), bounds, row), across, narrow);
        lastRow = sourceRow;
      }
      const share = down.shares[k] ?? 0;
      for (let x = 0; x < target.width; x += 1) {
        const at = y * target.width + x;
        out[at] = (out[at] ?? 0) + share * (narrow[x] ?? 0);
      }
    }
  }
  return out;
}
