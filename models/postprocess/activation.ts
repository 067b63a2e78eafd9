import type { Label } from '../manifest/labels.ts';

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** In place of each value its share of all exponentials. */
export function softmax(values: readonly number[]): number[] {
  const highest = values.reduce((largest, value) => Math.max(largest, value), -Infinity);
  const powers = values.map((value) => Math.exp(value - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** Keeps the logit of 0 and of 1 finite. */
const LEAST = 1e-7;

/** An activated score as the label's calibration shows it. */
export function calibrate({ calibration }: Pick<Label, 'calibration'>, score: number): number {
  if (calibration === undefined) return score;
  if (calibration.kind === 'logistic') {
    const held = Math.min(Math.max(score, LEAST), 1 - LEAST);
    return sigmoid(calibration.slope * Math.log(held / (1 - held)) + calibration.intercept);
  }
  return interpolate(calibration.points, score);
}

function interpolate(points: readonly (readonly [number, number])[], score: number): number {
  let before = points[0] ?? [0, 0];
  if (score <= before[0]) return before[1];
  for (const point of points) {
    if (score < point[0]) {
      const share = (score - before[0]) / (point[0] - before[0]);
      return before[1] + share * (point[1] - before[1]);
    }
    before = point;
  }
  return before[1];
}
