import type { NetworkInput } from './network-input.ts';

/** What stands where a part of an input is hidden. */
export const FILLS = ['local-mean', 'mean'] as const;
export type Fill = (typeof FILLS)[number];

/** Box means repeated this often come near a Gaussian. */
const PASSES = 3;

/**
 * `local-mean`: each channel blurred, by three running box means of `radius` pixels to either side (at the border, over
 * what lies inside). It keeps what a radiograph looks like from afar and takes what is smaller than the box; a fill of
 * one grey would be a dark or bright patch, a sign of its own.
 * `mean`: each channel's mean everywhere.
 */
export function fillInput(input: NetworkInput, fill: Fill, radius: number): Float32Array {
  const { data, channels, rows, columns } = input;
  const plane = rows * columns;
  const out = Float32Array.from(data);
  for (let channel = 0; channel < channels; channel += 1) {
    const part = out.subarray(channel * plane, (channel + 1) * plane);
    if (fill === 'mean') part.fill(part.reduce((sum, value) => sum + value, 0) / plane);
    else blurPlane(part, { rows, columns, radius });
  }
  return out;
}

function blurPlane(
  plane: Float32Array,
  { rows, columns, radius }: { rows: number; columns: number; radius: number },
): void {
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (let y = 0; y < rows; y += 1) {
      meanLine(plane, { start: y * columns, step: 1, length: columns, radius });
    }
    for (let x = 0; x < columns; x += 1) {
      meanLine(plane, { start: x, step: columns, length: rows, radius });
    }
  }
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly length: number;
  readonly radius: number;
}

function meanLine(plane: Float32Array, { start, step, length, radius }: Line): void {
  const sums = new Float64Array(length + 1);
  for (let i = 0; i < length; i += 1) {
    sums[i + 1] = (sums[i] ?? 0) + (plane[start + i * step] ?? 0);
  }
  for (let i = 0; i < length; i += 1) {
    const from = Math.max(0, i - radius);
    const to = Math.min(length, i + radius + 1);
    plane[start + i * step] = ((sums[to] ?? 0) - (sums[from] ?? 0)) / (to - from);
  }
}
