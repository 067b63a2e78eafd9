import { clusterBootstrap, percentileInterval } from './bootstrap.ts';
import type { Interval } from './proportions.ts';
import type { LabelledScore } from './roc-curve.ts';

/** A score with its cluster: the patient, numbered from 0. */
export interface ClusteredScore extends LabelledScore {
  readonly cluster: number;
}

export interface RocBootstrap {
  readonly clusters: number;
  readonly repeats: number;
  readonly seed: number;
  readonly auc: Interval | null;
  /** For each of the given thresholds. */
  readonly sensitivity: readonly (Interval | null)[];
  readonly specificity: readonly (Interval | null)[];
  /** Pointwise: the sensitivity at each false positive rate of `BAND_RATES`. */
  readonly band: readonly (Interval | null)[];
}

/** False positive rates at which the ROC curve's band is told. */
export const BAND_RATES: readonly number[] = Array.from({ length: 51 }, (_, index) => index / 50);

/** Images of one score, highest score first. */
interface TiedImages {
  readonly score: number;
  readonly images: readonly ClusteredScore[];
}

function groupTies(scores: readonly ClusteredScore[]): TiedImages[] {
  return [...Map.groupBy(scores, ({ score }) => score)]
    .map(([score, images]) => ({ score, images }))
    .sort((a, b) => b.score - a.score);
}

/** The drawn images of a score and above, with and without the finding. */
interface Step {
  readonly score: number;
  readonly positives: number;
  readonly negatives: number;
}

/** Each image counts as often as its patient was drawn. */
function walk(ties: readonly TiedImages[], weights: Uint32Array): Step[] {
  let [positives, negatives] = [0, 0];
  return ties.map(({ score, images }) => {
    for (const { cluster, positive } of images) {
      const weight = weights[cluster] ?? 0;
      if (positive) positives += weight;
      else negatives += weight;
    }
    return { score, positives, negatives };
  });
}

/** Sensitivity at each rate of the band: on a level or slanting part in between, on a rising one its upper end. */
function sensitivitiesAtRates(steps: readonly Step[], total: Step): number[] {
  const band: number[] = [];
  let before = { positives: 0, negatives: 0 };
  for (const step of steps) {
    for (let place = band.length; place < BAND_RATES.length; place++) {
      const wanted = (BAND_RATES[place] ?? 1) * total.negatives;
      if (wanted >= step.negatives) break;
      const share = (wanted - before.negatives) / (step.negatives - before.negatives);
      const positives = before.positives + share * (step.positives - before.positives);
      band.push(positives / total.positives);
    }
    before = step;
  }
  while (band.length < BAND_RATES.length) band.push(1);
  return band;
}

function areaUnder(steps: readonly Step[], total: Step): number {
  let area = 0;
  let before = { positives: 0, negatives: 0 };
  for (const step of steps) {
    const height = (before.positives + step.positives) / 2;
    area += (step.negatives - before.negatives) * height;
    before = step;
  }
  return area / (total.positives * total.negatives);
}

function resampledFigures(steps: readonly Step[], thresholds: readonly number[]): number[] {
  const total = steps.at(-1);
  const length = 1 + 2 * thresholds.length + BAND_RATES.length;
  if (total === undefined || total.positives === 0 || total.negatives === 0) {
    return new Array<number>(length).fill(Number.NaN);
  }
  const flagged = thresholds.map((threshold) => steps.findLast((step) => step.score >= threshold));
  return [
    areaUnder(steps, total),
    ...flagged.map((step) => (step?.positives ?? 0) / total.positives),
    ...flagged.map((step) => 1 - (step?.negatives ?? 0) / total.negatives),
    ...sensitivitiesAtRates(steps, total),
  ];
}

/**
 * Percentile intervals from resampled patients: honest where one patient has several images.
 * @param thresholds operating points: flagged is what reaches them
 */
export function bootstrapRoc(
  scores: readonly ClusteredScore[],
  thresholds: readonly number[],
  options: { repeats: number; seed: number },
): RocBootstrap {
  const ties = groupTies(scores);
  const clusters = scores.reduce((largest, { cluster }) => Math.max(largest, cluster + 1), 0);
  const estimates = clusterBootstrap({ ...options, clusters }, (weights) =>
    resampledFigures(walk(ties, weights), thresholds),
  );
  const intervals = estimates.map((values) => percentileInterval(values, options.repeats));
  const [auc = null, ...rest] = intervals;
  const count = thresholds.length;
  return {
    clusters,
    ...options,
    auc,
    sensitivity: rest.slice(0, count),
    specificity: rest.slice(count, 2 * count),
    band: rest.slice(2 * count),
  };
}

/** One image's scores by two models. */
export interface PairedScore {
  readonly first: number;
  readonly second: number;
  readonly positive: boolean;
  readonly cluster: number;
}

/** Percentile interval of the first model's area minus the second's, from resampled patients. */
export function bootstrapAucDifference(
  pairs: readonly PairedScore[],
  options: { repeats: number; seed: number },
): Interval | null {
  const side = (which: 'first' | 'second') =>
    groupTies(pairs.map(({ [which]: score, positive, cluster }) => ({ score, positive, cluster })));
  const [first, second] = [side('first'), side('second')];
  const clusters = pairs.reduce((largest, { cluster }) => Math.max(largest, cluster + 1), 0);
  const area = (ties: readonly TiedImages[], weights: Uint32Array) =>
    resampledFigures(walk(ties, weights), [])[0] ?? Number.NaN;
  const [estimates = new Float64Array()] = clusterBootstrap({ ...options, clusters }, (weights) => [
    area(first, weights) - area(second, weights),
  ]);
  return percentileInterval(estimates, options.repeats);
}
