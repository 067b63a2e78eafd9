/** One image's score with its truth. */
export interface LabelledScore {
  readonly score: number;
  readonly positive: boolean;
}

/** What is flagged when every score of at least `threshold` is. */
export interface RocPoint {
  /** Infinity for the first point, where nothing is flagged. */
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

/** A point for each distinct score, from nothing flagged to all; equal scores fall together. */
export function rocCurve(scores: readonly LabelledScore[]): RocPoint[] {
  const ordered = scores.toSorted((a, b) => b.score - a.score);
  const points: RocPoint[] = [{ threshold: Infinity, truePositives: 0, falsePositives: 0 }];
  let truePositives = 0;
  let falsePositives = 0;
  for (const [index, { score, positive }] of ordered.entries()) {
    if (positive) truePositives += 1;
    else falsePositives += 1;
    if (ordered[index + 1]?.score === score) continue;
    points.push({ threshold: score, truePositives, falsePositives });
  }
  return points;
}
