import { mean } from './placements.ts';
import { type Interval, wilsonInterval } from './proportions.ts';
import type { LabelledScore } from './roc-curve.ts';

/** Scores of (low, high], the lowest bin with its lower end. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly positives: number;
  readonly meanScore: number;
  /** Share with the finding, and Wilson's 95% interval. */
  readonly observed: number;
  readonly interval: Interval;
}

/** How close the scores lie to what was observed, were they read as probabilities. */
export interface Reliability {
  /** Bins that hold anything. */
  readonly bins: readonly ReliabilityBin[];
  /** Mean squared distance of score and truth (Brier, Mon Weather Rev 1950;78:1). */
  readonly brier: number;
  /** The same for a constant score at the prevalence: the uncertainty of the decomposition. */
  readonly brierOfPrevalence: number;
  /**
   * Brier = reliability - resolution + uncertainty + withinBins (Murphy 1973; the last term, Stephenson et al., Weather
   * Forecast 2008;23:752, is what scores differ by within a bin).
   */
  readonly decomposition: {
    readonly reliability: number;
    readonly resolution: number;
    readonly uncertainty: number;
    readonly withinBins: number;
  };
  /** Mean distance of the bins' score and share, weighted by their counts. */
  readonly expectedCalibrationError: number;
}

const asNumber = (positive: boolean) => (positive ? 1 : 0);

function binIndex(score: number, bins: number): number {
  const step = 1 / bins;
  let index = Math.max(0, Math.min(bins - 1, Math.ceil(score / step) - 1));
  // The division may land beside an edge that the multiplication gives exactly.
  while (index > 0 && score <= index * step) index -= 1;
  while (index < bins - 1 && score > (index + 1) * step) index += 1;
  return index;
}

function describeBin(
  index: number,
  bins: number,
  scores: readonly LabelledScore[],
): ReliabilityBin {
  const positives = scores.filter((entry) => entry.positive).length;
  return {
    low: index / bins,
    high: (index + 1) / bins,
    count: scores.length,
    positives,
    meanScore: mean(scores.map((entry) => entry.score)),
    observed: positives / scores.length,
    interval: wilsonInterval(positives, scores.length),
  };
}

/** @param scores 0 to 1, at least one; @param bins of equal width */
export function reliability(scores: readonly LabelledScore[], bins = 10): Reliability {
  const grouped = Map.groupBy(scores, ({ score }) => binIndex(score, bins));
  const filled = [...grouped]
    .sort(([a], [b]) => a - b)
    .map(([index, members]) => describeBin(index, bins, members));
  const prevalence = mean(scores.map(({ positive }) => asNumber(positive)));
  const brier = mean(scores.map(({ score, positive }) => (score - asNumber(positive)) ** 2));
  const overBins = (term: (bin: ReliabilityBin) => number) =>
    filled.reduce((sum, bin) => sum + (bin.count / scores.length) * term(bin), 0);
  const distance = overBins((bin) => (bin.meanScore - bin.observed) ** 2);
  const resolution = overBins((bin) => (bin.observed - prevalence) ** 2);
  const uncertainty = prevalence * (1 - prevalence);
  return {
    bins: filled,
    brier,
    brierOfPrevalence: uncertainty,
    decomposition: {
      reliability: distance,
      resolution,
      uncertainty,
      withinBins: brier - (distance - resolution + uncertainty),
    },
    expectedCalibrationError: overBins((bin) => Math.abs(bin.meanScore - bin.observed)),
  };
}
