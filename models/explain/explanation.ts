import type { NetworkInput } from './network-input.ts';

export const EXPLANATION_METHODS = ['occlusion', 'rise'] as const;
export type ExplanationMethod = (typeof EXPLANATION_METHODS)[number];

/**
 * What hiding parts of an image does to its score. Cells cover the whole input evenly, row-major.
 *
 * `values` are what is shown: the share of the score that is lost when the place is hidden, 0 where nothing is lost, or
 * where the score rises, or where the effect does not stand out from chance. 0.5 means: hiding this place costs half of
 * the score. Nothing is stretched: a map without any important place stays near 0 everywhere.
 */
export interface Explanation {
  readonly origin: ExplanationMethod;
  readonly rows: number;
  readonly columns: number;
  /** 0 to 1. */
  readonly values: Float32Array;
  /** The same before it is cut to 0..1, with its sign: what cells are ranked by. */
  readonly effect: Float32Array;
  /** Of the image with nothing hidden. */
  readonly score: number;
  /** Masked images that were scored, of those planned; fewer when the time was up. */
  readonly masks: number;
  readonly plannedMasks: number;
  readonly ms: number;
  /** False when the time was up before the map could mean anything; it is not to be shown then. */
  readonly sufficient: boolean;
}

export interface ExplanationTask {
  readonly input: NetworkInput;
  /** Of the image with nothing hidden; scored again when it is not given. */
  readonly score: number;
  readonly budgetMs: number;
  /** Masked images that one call of the score function takes. */
  readonly batch: number;
  /** Names the stream of random numbers: the same key gives the same masks in the same order. */
  readonly seed: string;
}

/** Under this a score has nothing to lose. */
const LEAST_SCORE = 1e-6;
/** Standard errors that an estimate by random masks must exceed. With some hundred cells, chance hardly reaches it. */
const STANDARD_ERRORS = 3;

/**
 * Turns differences of scores into shares of the score.
 * @param loss score lost when the cell is hidden, signed
 * @param error standard error of each, where the masks were random
 */
export function normaliseLoss(
  loss: Float64Array,
  score: number,
  error?: Float64Array,
): { values: Float32Array; effect: Float32Array } {
  const effect = new Float32Array(loss.length);
  const values = new Float32Array(loss.length);
  if (score < LEAST_SCORE) return { values, effect };
  for (const [i, lost] of loss.entries()) {
    effect[i] = lost / score;
    const isChance = lost <= STANDARD_ERRORS * (error?.[i] ?? 0);
    values[i] = isChance ? 0 : Math.min(lost / score, 1);
  }
  return { values, effect };
}

/** A map without a place that costs at least this share of the score marks nothing. */
const LEAST_SHOWN = 0.05;

/** From which value the map is shown: half of its peak, and never under a twentieth of the score. */
export function shownFrom({ values }: Pick<Explanation, 'values'>): number {
  const peak = values.reduce((largest, value) => Math.max(largest, value), 0);
  return Math.max(LEAST_SHOWN, peak / 2);
}
