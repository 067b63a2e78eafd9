import { RadTriageError } from '../errors.ts';
import { mean, placements, sampleVariance } from './placements.ts';
import { type Interval, Z_95 } from './proportions.ts';
import { bisect } from './special-functions.ts';

export interface Auc {
  /** Area under the ROC curve; ties count half. */
  readonly auc: number;
  /** DeLong's variance (Biometrics 1988;44:837). */
  readonly variance: number;
  /** 95%, on the logit scale; where that has none (AUC 0 or 1), Newcombe's score interval. */
  readonly interval: Interval;
  readonly method: 'delong-logit' | 'newcombe-score';
}

function logitInterval(auc: number, variance: number): Interval {
  const logit = Math.log(auc / (1 - auc));
  const half = (Z_95 * Math.sqrt(variance)) / (auc * (1 - auc));
  const back = (value: number) => 1 / (1 + Math.exp(-value));
  return [back(logit - half), back(logit + half)];
}

/** Hanley and McNeil's variance at a true area, with Newcombe's smoothed exponents (Stat Med 2006;25:559, method 5). */
function scoreVariance(area: number, positives: number, negatives: number): number {
  const smoothed = (positives + negatives) / 2 - 1;
  const spread = (1 - area) / (2 - area) + area / (1 + area);
  return (area * (1 - area) * (1 + smoothed * spread)) / (positives * negatives);
}

/** The areas that the observed one does not contradict. It has an end at either side even for AUC 0 or 1. */
function newcombeInterval(auc: number, positives: number, negatives: number): Interval {
  const distance = (area: number) => {
    const deviation = Math.sqrt(scoreVariance(area, positives, negatives));
    return deviation === 0 ? Math.sign(area - auc) * Infinity || 0 : (area - auc) / deviation;
  };
  const low = auc === 0 ? 0 : bisect(distance, -Z_95);
  const high = auc === 1 ? 1 : bisect(distance, Z_95);
  return [low, high];
}

/**
 * The area under the ROC curve of scores with and without the finding, and its 95% interval.
 * @throws RadTriageError REQUEST_INVALID with fewer than two scores in a group, or scores that are not finite
 */
export function aucWithInterval(positives: readonly number[], negatives: readonly number[]): Auc {
  if (positives.length < 2 || negatives.length < 2) {
    throw new RadTriageError('REQUEST_INVALID', 'an AUC needs two scores with and two without');
  }
  if (![...positives, ...negatives].every(Number.isFinite)) {
    throw new RadTriageError('REQUEST_INVALID', 'an AUC needs finite scores');
  }
  const ofPositives = placements(positives, negatives);
  const ofNegatives = placements(negatives, positives);
  const auc = mean(ofPositives);
  const variance =
    sampleVariance(ofPositives) / positives.length + sampleVariance(ofNegatives) / negatives.length;
  if (auc > 0 && auc < 1 && variance > 0) {
    return { auc, variance, interval: logitInterval(auc, variance), method: 'delong-logit' };
  }
  const interval = newcombeInterval(auc, positives.length, negatives.length);
  return { auc, variance, interval, method: 'newcombe-score' };
}
