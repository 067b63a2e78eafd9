import { type Interval, Z_95 } from './proportions.ts';
import type { LabelledScore } from './roc-curve.ts';

export interface Estimate {
  readonly estimate: number;
  /** 95%, Wald. */
  readonly interval: Interval;
}

/**
 * Logistic regression of the truth on the score's logit (Cox, Biometrika 1958;45:562). Slope 1 and intercept 0 fit;
 * a slope below 1 says that the scores are too extreme.
 */
export interface LogisticCalibration {
  readonly slope: Estimate;
  readonly intercept: Estimate;
  /** The intercept when the slope is held at 1: how far the scores lie too low (above 0) or too high on the whole. */
  readonly inTheLarge: Estimate;
  /** Scores of 0 and 1 have no logit; so many were moved to the nearest number that has. */
  readonly moved: number;
}

/** Scores closer to 0 or 1 than this are moved to it. */
export const NEAREST_SCORE = 1e-9;
const MAX_STEPS = 100;
/** Relative length of the last step. */
const CONVERGED = 1e-11;
/** Beyond this no finite fit exists: the two classes are separated. */
const LARGEST_COEFFICIENT = 1e4;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Fit {
  readonly intercept: number;
  readonly slope: number;
  readonly interceptVariance: number;
  readonly slopeVariance: number;
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

function logLikelihood(points: readonly Point[], intercept: number, slope: number): number {
  // log(1 / (1 + exp(-margin))) without overflow.
  return points.reduce((sum, { x, y }) => {
    const margin = (2 * y - 1) * (intercept + slope * x);
    return sum + Math.min(margin, 0) - Math.log1p(Math.exp(-Math.abs(margin)));
  }, 0);
}

function derivatives(points: readonly Point[], intercept: number, slope: number) {
  const sums = { g0: 0, g1: 0, h00: 0, h01: 0, h11: 0 };
  for (const { x, y } of points) {
    const p = sigmoid(intercept + slope * x);
    const weight = p * (1 - p);
    sums.g0 += y - p;
    sums.g1 += (y - p) * x;
    sums.h00 += weight;
    sums.h01 += weight * x;
    sums.h11 += weight * x * x;
  }
  return sums;
}

/** Newton's steps, halved while they do not gain. Nothing when there is no finite maximum. */
function fitLogistic(points: readonly Point[], isSlopeFixed: boolean): Fit | undefined {
  let [intercept, slope] = [0, 1];
  let likelihood = logLikelihood(points, intercept, slope);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { g0, g1, h00, h01, h11 } = derivatives(points, intercept, slope);
    const determinant = isSlopeFixed ? h00 : h00 * h11 - h01 * h01;
    if (!(determinant > 0)) return undefined;
    const move = isSlopeFixed
      ? { intercept: g0 / h00, slope: 0 }
      : {
          intercept: (h11 * g0 - h01 * g1) / determinant,
          slope: (h00 * g1 - h01 * g0) / determinant,
        };
    let share = 1;
    let next = logLikelihood(points, intercept + move.intercept, slope + move.slope);
    // Near the maximum the likelihood differs by rounding alone: that is no reason for a shorter step.
    const rounding = 1e-12 * Math.abs(likelihood);
    while (next < likelihood - rounding && share > 1e-6) {
      share /= 2;
      next = logLikelihood(points, intercept + share * move.intercept, slope + share * move.slope);
    }
    intercept += share * move.intercept;
    slope += share * move.slope;
    likelihood = next;
    if (Math.abs(intercept) > LARGEST_COEFFICIENT || Math.abs(slope) > LARGEST_COEFFICIENT) break;
    const size = 1 + Math.abs(intercept) + Math.abs(slope);
    if (Math.abs(move.intercept) + Math.abs(move.slope) < CONVERGED * size) {
      return {
        intercept,
        slope,
        interceptVariance: isSlopeFixed ? 1 / h00 : h11 / determinant,
        slopeVariance: isSlopeFixed ? 0 : h00 / determinant,
      };
    }
  }
  return undefined;
}

/** Whether a threshold parts the classes: then the likelihood grows without end and there is no fit. */
function isSeparated(points: readonly Point[]): boolean {
  const ends = (y: number) => {
    const own = points.filter((point) => point.y === y).map((point) => point.x);
    return own.reduce(({ low, high }, x) => ({ low: Math.min(low, x), high: Math.max(high, x) }), {
      low: Infinity,
      high: -Infinity,
    });
  };
  const [without, withFinding] = [ends(0), ends(1)];
  return without.high <= withFinding.low || withFinding.high <= without.low;
}

function estimate(value: number, variance: number): Estimate {
  const half = Z_95 * Math.sqrt(variance);
  return { estimate: value, interval: [value - half, value + half] };
}

/**
 * @param scores 0 to 1
 * @returns null when no finite fit exists: one class alone, all scores equal, or classes that do not overlap
 */
export function logisticCalibration(scores: readonly LabelledScore[]): LogisticCalibration | null {
  let moved = 0;
  const points = scores.map(({ score, positive }) => {
    const inside = Math.min(1 - NEAREST_SCORE, Math.max(NEAREST_SCORE, score));
    if (inside !== score) moved += 1;
    return { x: Math.log(inside / (1 - inside)), y: positive ? 1 : 0 };
  });
  if (isSeparated(points)) return null;
  const full = fitLogistic(points, false);
  const shifted = fitLogistic(points, true);
  if (full === undefined || shifted === undefined) return null;
  return {
    slope: estimate(full.slope, full.slopeVariance),
    intercept: estimate(full.intercept, full.interceptVariance),
    inTheLarge: estimate(shifted.intercept, shifted.interceptVariance),
    moved,
  };
}
