import type { ClusteredScore } from '#core/statistics/roc-bootstrap.ts';
import type { LabelledScore } from '#core/statistics/roc-curve.ts';
import type { EvaluatedLabel } from '../model-description.ts';
import type { EvaluationUnit } from '../units.ts';

/** A unit with a truth for one label. */
export interface JudgedUnit {
  readonly unit: EvaluationUnit;
  readonly positive: boolean;
  /** undefined when not analysed. */
  readonly score: number | undefined;
}

/** What the figures of one label are made of. */
export interface LabelData {
  readonly label: EvaluatedLabel;
  readonly units: readonly JudgedUnit[];
  readonly withoutTruth: number;
}

export function labelData(label: EvaluatedLabel, units: readonly EvaluationUnit[]): LabelData {
  const judged: JudgedUnit[] = [];
  for (const unit of units) {
    const positive = unit.truth.get(label.id);
    if (positive !== undefined) judged.push({ unit, positive, score: unit.scores?.[label.id] });
  }
  return { label, units: judged, withoutTruth: units.length - judged.length };
}

/** Those analysed, with their patients numbered without gaps. */
export function clusteredScores(units: readonly JudgedUnit[]): ClusteredScore[] {
  const clusters = new Map<number, number>();
  const scores: ClusteredScore[] = [];
  for (const { unit, positive, score } of units) {
    if (score === undefined) continue;
    const cluster = clusters.get(unit.cluster) ?? clusters.size;
    clusters.set(unit.cluster, cluster);
    scores.push({ score, positive, cluster });
  }
  return scores;
}

/** Below every score: an image that no model saw is flagged at no threshold. */
const BELOW_ALL = -1;

export function withNotAnalysed(units: readonly JudgedUnit[]): LabelledScore[] {
  return units.map(({ positive, score }) => ({ positive, score: score ?? BELOW_ALL }));
}
