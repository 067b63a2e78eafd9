import { RadTriageError } from '../errors.ts';
import { type Interval, Z_95 } from './proportions.ts';
import { regularisedBeta } from './special-functions.ts';

/** Two yes-or-no answers on the same images. */
export interface McNemar {
  /** Yes by the first alone, and by the second alone. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly total: number;
  /** Share of yes, first minus second. */
  readonly difference: number;
  /** 95%: Bonett and Price's adjusted Wald interval (J Educ Behav Stat 2012;37:479). */
  readonly interval: Interval;
  /** Exact, two-sided: twice the smaller binomial tail of the discordant pairs, at most 1. */
  readonly pValue: number;
}

/**
 * McNemar's exact test (Psychometrika 1947;12:153).
 * @throws RadTriageError REQUEST_INVALID unless both have the same number of answers, one at least
 */
export function mcNemarTest(first: readonly boolean[], second: readonly boolean[]): McNemar {
  const total = first.length;
  if (total === 0 || total !== second.length) {
    throw new RadTriageError('REQUEST_INVALID', 'a paired test needs the same images in both');
  }
  const onlyFirst = first.filter((yes, index) => yes && second[index] === false).length;
  const onlySecond = first.filter((yes, index) => !yes && second[index] === true).length;
  const discordant = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  // P(X <= k) of a fair binomial is I_(1/2)(n - k, k + 1).
  const tail = discordant === 0 ? 1 : regularisedBeta(0.5, discordant - fewer, fewer + 1);
  const [p, q] = [(onlyFirst + 1) / (total + 2), (onlySecond + 1) / (total + 2)];
  const half = Z_95 * Math.sqrt((p + q - (p - q) ** 2) / (total + 2));
  return {
    onlyFirst,
    onlySecond,
    total,
    difference: (onlyFirst - onlySecond) / total,
    interval: [Math.max(-1, p - q - half), Math.min(1, p - q + half)],
    pValue: Math.min(1, 2 * tail),
  };
}
