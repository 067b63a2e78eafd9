import { clopperPearsonInterval, type Interval, wilsonInterval } from './proportions.ts';
import type { LabelledScore } from './roc-curve.ts';

export interface Confusion {
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly falsePositives: number;
}

/** A proportion with its 95% intervals; of nothing there is none. */
export interface Rate {
  readonly count: number;
  readonly total: number;
  readonly estimate: number | null;
  readonly wilson: Interval | null;
  readonly clopperPearson: Interval | null;
}

/** Flagged is what reaches the threshold. */
export function confusionAt(scores: readonly LabelledScore[], threshold: number): Confusion {
  const counts = { truePositives: 0, falseNegatives: 0, trueNegatives: 0, falsePositives: 0 };
  for (const { score, positive } of scores) {
    const flagged = score >= threshold;
    if (positive) counts[flagged ? 'truePositives' : 'falseNegatives'] += 1;
    else counts[flagged ? 'falsePositives' : 'trueNegatives'] += 1;
  }
  return counts;
}

export function rate(count: number, total: number): Rate {
  if (total === 0) return { count, total, estimate: null, wilson: null, clopperPearson: null };
  return {
    count,
    total,
    estimate: count / total,
    wilson: wilsonInterval(count, total),
    clopperPearson: clopperPearsonInterval(count, total),
  };
}

export interface ConfusionRates {
  readonly sensitivity: Rate;
  readonly specificity: Rate;
  /** Of the flagged, the share with the finding: at the prevalence of these very images. */
  readonly positivePredictiveValue: Rate;
  readonly negativePredictiveValue: Rate;
  readonly flagged: Rate;
}

export function confusionRates(confusion: Confusion): ConfusionRates {
  const { truePositives, falseNegatives, trueNegatives, falsePositives } = confusion;
  const flagged = truePositives + falsePositives;
  const unflagged = trueNegatives + falseNegatives;
  return {
    sensitivity: rate(truePositives, truePositives + falseNegatives),
    specificity: rate(trueNegatives, trueNegatives + falsePositives),
    positivePredictiveValue: rate(truePositives, flagged),
    negativePredictiveValue: rate(trueNegatives, unflagged),
    flagged: rate(flagged, flagged + unflagged),
  };
}
