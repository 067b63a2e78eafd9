import { RadTriageError } from '../errors.ts';
import { normalCdf } from './special-functions.ts';

/** Shares this small or smaller would make the index endless. */
const SMALLEST_SHARE = 1e-4;
/** Usual limits of the population stability index: look, and act. */
export const PSI_LIMITS = { warn: 0.1, act: 0.25 } as const;

/**
 * The population stability index of two distributions over the same bins: sum of (p - q) ln(p / q).
 * @param expected counts or shares, as many as in `actual`
 * @throws RadTriageError REQUEST_INVALID unless the bins match and hold something on both sides
 */
export function populationStability(
  expected: readonly number[],
  actual: readonly number[],
): number {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => Math.max(SMALLEST_SHARE, count / total));
  };
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  if (expected.length !== actual.length || !(total(expected) > 0 && total(actual) > 0)) {
    throw new RadTriageError('REQUEST_INVALID', 'stability needs the same bins, filled, twice');
  }
  const actualShares = shares(actual);
  return shares(expected).reduce((sum, share, index) => {
    const other = actualShares[index] ?? SMALLEST_SHARE;
    return sum + (other - share) * Math.log(other / share);
  }, 0);
}

export interface EwmaPoint {
  /** The weighted mean so far. */
  readonly value: number;
  /** Limits that hold from the start on: they widen to their lasting values. */
  readonly low: number;
  readonly high: number;
  readonly isOutside: boolean;
}

export interface EwmaOptions {
  /** The rate while all is well, 0 to 1. */
  readonly rate: number;
  /** Weight of the newest batch. */
  readonly lambda: number;
  /** Width of the limits in standard deviations. */
  readonly width: number;
}

/**
 * Lasting limits of a rate's exponentially weighted mean over batches of n (Roberts, Technometrics 1959;1:239).
 * @param n images in a batch
 */
export function ewmaLimits(
  { rate, lambda, width }: EwmaOptions,
  n: number,
): readonly [number, number] {
  const half = width * Math.sqrt(((rate * (1 - rate)) / n) * (lambda / (2 - lambda)));
  return [Math.max(0, rate - half), Math.min(1, rate + half)];
}

/** The chart over batches that may differ in size. @param batches each with one image at least */
export function ewmaChart(
  batches: readonly { readonly count: number; readonly total: number }[],
  options: EwmaOptions,
): EwmaPoint[] {
  const { rate, lambda, width } = options;
  let value = rate;
  let variance = 0;
  return batches.map(({ count, total }) => {
    value = lambda * (count / total) + (1 - lambda) * value;
    variance = lambda ** 2 * ((rate * (1 - rate)) / total) + (1 - lambda) ** 2 * variance;
    const half = width * Math.sqrt(variance);
    const [low, high] = [Math.max(0, rate - half), Math.min(1, rate + half)];
    return { value, low, high, isOutside: value < low || value > high };
  });
}

export interface CusumOptions {
  /** Slack: half of the shift to be found, in standard deviations. */
  readonly k: number;
  /** Decision limit in standard deviations. */
  readonly h: number;
}

export interface CusumPoint {
  readonly up: number;
  readonly down: number;
  readonly isOutside: boolean;
}

/** The two-sided cumulative sum chart (Page, Biometrika 1954;41:100). @param z standardised values in order of time */
export function cusumChart(z: readonly number[], { k, h }: CusumOptions): CusumPoint[] {
  let [up, down] = [0, 0];
  return z.map((value) => {
    up = Math.max(0, up + value - k);
    down = Math.max(0, down - value - k);
    return { up, down, isOutside: up > h || down > h };
  });
}

/** Even; with the extrapolation exact to five digits. */
const CELLS = 120;

/**
 * Mean number of values until one side signals, by a Markov chain over the sum's cells (Brook and Evans, Biometrika
 * 1972;59:539), extrapolated from two widths.
 */
function oneSidedRunLength(shift: number, { k, h }: CusumOptions): number {
  const coarse = chainRunLength({ shift, k, h }, CELLS / 2);
  const fine = chainRunLength({ shift, k, h }, CELLS);
  // The chain's error falls with the square of the cell's width.
  return fine + (fine - coarse) / 3;
}

function chainRunLength(chart: CusumOptions & { shift: number }, cells: number): number {
  const width = (2 * chart.h) / (2 * cells - 1);
  // From the middle of one cell, the chance to land in another: cell 0 takes all that falls to 0.
  const chance = (from: number, to: number) => {
    const offset = chart.k - chart.shift;
    const upper = normalCdf((to - from) * width + width / 2 + offset);
    return to === 0 ? upper : upper - normalCdf((to - from) * width - width / 2 + offset);
  };
  return solveFirst(
    Array.from({ length: cells }, (_, row) =>
      Float64Array.from(
        { length: cells },
        (_cell, column) => (row === column ? 1 : 0) - chance(row, column),
      ),
    ),
  );
}

/** The first unknown of A x = 1 (Gauss; A is diagonally dominant enough not to need pivots). */
function solveFirst(matrix: Float64Array[]): number {
  const size = matrix.length;
  const right = new Float64Array(size).fill(1);
  // Eliminated from the last unknown up, so that the first is left alone.
  for (let pivot = size - 1; pivot > 0; pivot--) {
    const own = matrix[pivot] ?? new Float64Array();
    for (let row = 0; row < pivot; row++) {
      const other = matrix[row] ?? new Float64Array();
      const share = (other[pivot] ?? 0) / (own[pivot] ?? 1);
      if (share === 0) continue;
      for (let column = 0; column < pivot; column++) {
        other[column] = (other[column] ?? 0) - share * (own[column] ?? 0);
      }
      right[row] = (right[row] ?? 0) - share * (right[pivot] ?? 0);
    }
  }
  return (right[0] ?? 0) / (matrix[0]?.[0] ?? 1);
}

/** Mean number of values until the two-sided chart signals, when the mean has moved by `shift` standard deviations. */
export function cusumRunLength(shift: number, options: CusumOptions): number {
  const up = oneSidedRunLength(shift, options);
  const down = oneSidedRunLength(-shift, options);
  return 1 / (1 / up + 1 / down);
}
