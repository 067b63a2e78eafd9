import type { Confusion } from './confusion.ts';
import { type Interval, Z_95 } from './proportions.ts';

/** What an operating point would do where the finding is as frequent as `prevalence`. */
export interface AtPrevalence {
  readonly prevalence: number;
  /** Share of all images that is flagged. */
  readonly flagRate: number;
  /** null when nothing, or everything, is flagged. */
  readonly positivePredictiveValue: number | null;
  readonly positiveInterval: Interval | null;
  readonly negativePredictiveValue: number | null;
  readonly negativeInterval: Interval | null;
}

/** On the logit scale, from the log of two rates' ratio (Mercaldo, Lau and Zhou, Stat Med 2007;26:2170). */
function ratioInterval(value: number, variance: number): Interval | null {
  if (!(value > 0 && value < 1) || !Number.isFinite(variance)) return null;
  const logit = Math.log(value / (1 - value));
  const half = Z_95 * Math.sqrt(variance);
  const back = (x: number) => 1 / (1 + Math.exp(-x));
  return [back(logit - half), back(logit + half)];
}

/**
 * Sensitivity and specificity as observed, carried over to another prevalence (Bayes).
 * @param prevalence 0 to 1
 * @returns null when there is no image with, or none without, the finding
 */
export function atPrevalence(confusion: Confusion, prevalence: number): AtPrevalence | null {
  const { truePositives, falseNegatives, trueNegatives, falsePositives } = confusion;
  const positives = truePositives + falseNegatives;
  const negatives = trueNegatives + falsePositives;
  if (positives === 0 || negatives === 0) return null;
  const sensitivity = truePositives / positives;
  const specificity = trueNegatives / negatives;
  const flaggedWith = prevalence * sensitivity;
  const flaggedWithout = (1 - prevalence) * (1 - specificity);
  const clearedWith = prevalence * (1 - sensitivity);
  const clearedWithout = (1 - prevalence) * specificity;
  const flagRate = flaggedWith + flaggedWithout;
  const positive = flagRate === 0 ? null : flaggedWith / flagRate;
  const negative = flagRate === 1 ? null : clearedWithout / (clearedWith + clearedWithout);
  const positiveVariance =
    (1 - sensitivity) / (sensitivity * positives) + specificity / ((1 - specificity) * negatives);
  const negativeVariance =
    sensitivity / ((1 - sensitivity) * positives) + (1 - specificity) / (specificity * negatives);
  return {
    prevalence,
    flagRate,
    positivePredictiveValue: positive,
    positiveInterval: positive === null ? null : ratioInterval(positive, positiveVariance),
    negativePredictiveValue: negative,
    negativeInterval: negative === null ? null : ratioInterval(negative, negativeVariance),
  };
}
