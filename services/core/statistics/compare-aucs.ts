import { RadTriageError } from '../errors.ts';
import { mean, placements, sampleVariance } from './placements.ts';
import { type Interval, Z_95 } from './proportions.ts';
import type { Auc } from './roc.ts';
import { twoSidedNormal } from './special-functions.ts';

/** The difference of two areas under the ROC curve, first minus second. */
export interface AucDifference {
  readonly difference: number;
  readonly variance: number;
  /** 95%, normal approximation, cut to -1..1. */
  readonly interval: Interval;
  /** Two-sided; null when the data leave no variance to test against. */
  readonly pValue: number | null;
}

/** Scores of one model, by truth. */
export interface ScoresByTruth {
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

function describeDifference(difference: number, variance: number): AucDifference {
  const deviation = Math.sqrt(variance);
  const half = Z_95 * deviation;
  const interval: Interval = [Math.max(-1, difference - half), Math.min(1, difference + half)];
  if (variance > 0) {
    return { difference, variance, interval, pValue: twoSidedNormal(difference / deviation) };
  }
  return { difference, variance, interval, pValue: difference === 0 ? 1 : null };
}

function subtract(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, index) => value - (b[index] ?? 0));
}

/**
 * DeLong's test for two models on the same images (Biometrics 1988;44:837).
 * @param first the images in the same order as in `second`
 * @throws RadTriageError REQUEST_INVALID unless both hold the same numbers of images, two of each truth at least
 */
export function comparePairedAucs(first: ScoresByTruth, second: ScoresByTruth): AucDifference {
  const [positives, negatives] = [first.positives.length, first.negatives.length];
  if (positives !== second.positives.length || negatives !== second.negatives.length) {
    throw new RadTriageError('REQUEST_INVALID', 'a paired test needs the same images in both');
  }
  if (positives < 2 || negatives < 2) {
    throw new RadTriageError('REQUEST_INVALID', 'a paired test needs two of each truth');
  }
  const ofPositives = subtract(
    placements(first.positives, first.negatives),
    placements(second.positives, second.negatives),
  );
  // What a score without the finding stands above counts against its model.
  const ofNegatives = subtract(
    placements(second.negatives, second.positives),
    placements(first.negatives, first.positives),
  );
  const variance =
    sampleVariance(ofPositives) / positives + sampleVariance(ofNegatives) / negatives;
  return describeDifference(mean(ofPositives), variance);
}

/** The same for two groups of images that have no image in common. */
export function compareIndependentAucs(first: Auc, second: Auc): AucDifference {
  return describeDifference(first.auc - second.auc, first.variance + second.variance);
}
