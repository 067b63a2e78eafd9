import type { DecodedFrame } from '../pixels/decoded-frame.ts';

/**
 * The frame at no more than `longestSide` pixels a side, by the mean of square blocks of whole pixels; palette indices
 * cannot be averaged and are picked from each block. A frame that is small enough is given as it is.
 */
export function reduceFrame(frame: DecodedFrame, longestSide: number): DecodedFrame {
  const step = Math.ceil(Math.max(frame.rows, frame.columns) / longestSide);
  if (step <= 1) return frame;
  const rows = Math.ceil(frame.rows / step);
  const columns = Math.ceil(frame.columns / step);
  const values = frame.values.slice(0, rows * columns * frame.samplesPerPixel);
  const isAveraged = frame.photometricInterpretation !== 'PALETTE COLOR';
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const block = {
        top: row * step,
        left: column * step,
        bottom: isAveraged ? Math.min((row + 1) * step, frame.rows) : row * step + 1,
        right: isAveraged ? Math.min((column + 1) * step, frame.columns) : column * step + 1,
      };
      for (let sample = 0; sample < frame.samplesPerPixel; sample += 1) {
        const at = (row * columns + column) * frame.samplesPerPixel + sample;
        values[at] = meanOf(frame, block, sample);
      }
    }
  }
  return { ...frame, rows, columns, values };
}

interface Block {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

function meanOf(frame: DecodedFrame, block: Block, sample: number): number {
  const { values, columns, samplesPerPixel } = frame;
  let sum = 0;
  for (let y = block.top; y < block.bottom; y += 1) {
    for (let x = block.left; x < block.right; x += 1) {
      sum += values[(y * columns + x) * samplesPerPixel + sample] ?? 0;
    }
  }
  const mean = sum / ((block.bottom - block.top) * (block.right - block.left));
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  return isFloat ? mean : Math.round(mean);
}
