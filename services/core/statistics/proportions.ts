import { RadTriageError } from '../errors.ts';
import { betaQuantile } from './special-functions.ts';

export type Interval = readonly [low: number, high: number];

/** The 97.5% point of the normal distribution: two-sided 95%. */
export const Z_95 = 1.959963984540054;
const ALPHA = 0.05;

function checkCounts(count: number, total: number): void {
  const isValid =
    Number.isInteger(count) && Number.isInteger(total) && count >= 0 && count <= total && total > 0;
  if (!isValid) {
    throw new RadTriageError('REQUEST_INVALID', `${count} of ${total} is not a proportion`);
  }
}

/**
 * Wilson's score interval at 95% (J Am Stat Assoc 1927;22:209).
 * @throws RadTriageError REQUEST_INVALID unless 0 <= count <= total, whole numbers, and total > 0
 */
export function wilsonInterval(count: number, total: number): Interval {
  checkCounts(count, total);
  const p = count / total;
  const z2 = Z_95 ** 2;
  const centre = (p + z2 / (2 * total)) / (1 + z2 / total);
  const half = (Z_95 / (1 + z2 / total)) * Math.sqrt((p * (1 - p)) / total + z2 / (4 * total ** 2));
  return [count === 0 ? 0 : centre - half, count === total ? 1 : centre + half];
}

/**
 * The exact interval at 95% (Biometrika 1934;26:404), from quantiles of the beta distribution.
 * @throws RadTriageError REQUEST_INVALID unless 0 <= count <= total, whole numbers, and total > 0
 */
export function clopperPearsonInterval(count: number, total: number): Interval {
  checkCounts(count, total);
  const low = count === 0 ? 0 : betaQuantile(ALPHA / 2, count, total - count + 1);
  const high = count === total ? 1 : betaQuantile(1 - ALPHA / 2, count + 1, total - count);
  return [low, high];
}
