import { RadTriageError } from '#core/errors.ts';
import { comparePairedAucs, type ScoresByTruth } from '#core/statistics/compare-aucs.ts';
import { populationStability } from '#core/statistics/drift.ts';
import { holmAdjust } from '#core/statistics/holm.ts';
import { mcNemarTest } from '#core/statistics/mcnemar.ts';
import { bootstrapAucDifference, type PairedScore } from '#core/statistics/roc-bootstrap.ts';
import { type LabelledScore, rocCurve } from '#core/statistics/roc-curve.ts';
import type { ComparableCase } from '../case-csv.ts';
import { aucOf, thin } from '../figures/ranking.ts';
import type { Comparison, LabelComparison, McNemarFigures } from './comparison-schema.ts';

/** Scores of one model, under a name that a reader knows it by. */
export interface ComparedScores {
  readonly name: string;
  readonly cases: readonly ComparableCase[];
}

export interface CompareOptions {
  readonly bootstrapRepeats: number;
  readonly seed: number;
  readonly product: string;
  readonly createdAt: Date;
}

interface PairOfCases {
  readonly first: ComparableCase;
  readonly second: ComparableCase;
}

/** Labels that both have; when each has a single one of another name, these. */
function commonLabels(first: ComparedScores, second: ComparedScores): [string, string][] {
  const of = ({ cases }: ComparedScores) => [...new Set(cases.map((one) => one.label))];
  const [ours, theirs] = [of(first), of(second)];
  const common = ours.filter((label) => theirs.includes(label));
  if (common.length > 0) return common.map((label) => [label, label]);
  const [one, other] = [ours[0], theirs[0]];
  if (ours.length === 1 && theirs.length === 1 && one !== undefined && other !== undefined) {
    return [[one, other]];
  }
  throw new RadTriageError('REQUEST_INVALID', 'the two have no label in common');
}

function pairUp(
  first: readonly ComparableCase[],
  second: readonly ComparableCase[],
): PairOfCases[] {
  const byId = new Map(second.map((one) => [one.caseId, one]));
  return first.flatMap((one) => {
    const other = byId.get(one.caseId);
    if (other === undefined) return [];
    if (one.positive !== other.positive) {
      throw new RadTriageError(
        'REQUEST_INVALID',
        `case ${one.caseId} has another truth in the second: they cannot be compared`,
      );
    }
    return [{ first: one, second: other }];
  });
}

function pairedScores(pairs: readonly PairOfCases[]): PairedScore[] {
  const clusters = new Map<string, number>();
  return pairs.flatMap(({ first, second }) => {
    if (first.score === undefined || second.score === undefined) return [];
    const cluster = clusters.get(first.patient) ?? clusters.size;
    clusters.set(first.patient, cluster);
    return [{ first: first.score, second: second.score, positive: first.positive, cluster }];
  });
}

function oneSide(scores: readonly PairedScore[], which: 'first' | 'second'): LabelledScore[] {
  return scores.map((pair) => ({ score: pair[which], positive: pair.positive }));
}

function byTruth(scores: readonly LabelledScore[]): ScoresByTruth {
  const of = (positive: boolean) =>
    scores.filter((entry) => entry.positive === positive).map((entry) => entry.score);
  return { positives: of(true), negatives: of(false) };
}

function testAnswers(pairs: readonly PairOfCases[], positive: boolean): McNemarFigures | null {
  const own = pairs.filter((pair) => pair.first.positive === positive);
  if (own.length === 0) return null;
  const right = (side: 'first' | 'second') => own.map((pair) => pair[side].flagged === positive);
  return mcNemarTest(right('first'), right('second'));
}

const BINS = 10;

function stability(scores: readonly PairedScore[]): number | null {
  if (scores.length === 0) return null;
  const count = (which: 'first' | 'second') => {
    const bins = new Array<number>(BINS).fill(0);
    for (const pair of scores) {
      const bin = Math.min(BINS - 1, Math.floor(pair[which] * BINS));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    return bins;
  };
  return populationStability(count('first'), count('second'));
}

function curveOf(scores: readonly LabelledScore[]): [number, number][] {
  const { positives, negatives } = byTruth(scores);
  if (positives.length === 0 || negatives.length === 0) return [];
  return thin(rocCurve(scores)).map((point) => [
    point.falsePositives / negatives.length,
    point.truePositives / positives.length,
  ]);
}

function compareLabel(
  labels: readonly [string, string],
  sides: { first: ComparedScores; second: ComparedScores },
  options: CompareOptions,
): LabelComparison {
  const [ours, theirs] = labels;
  const first = sides.first.cases.filter((one) => one.label === ours);
  const second = sides.second.cases.filter((one) => one.label === theirs);
  const pairs = pairUp(first, second);
  const scores = pairedScores(pairs);
  const [a, b] = [oneSide(scores, 'first'), oneSide(scores, 'second')];
  const auc = { first: aucOf(a), second: aucOf(b) };
  const resampling = { repeats: options.bootstrapRepeats, seed: options.seed };
  const difference =
    auc.first === null
      ? null
      : {
          ...comparePairedAucs(byTruth(a), byTruth(b)),
          bootstrap: bootstrapAucDifference(scores, resampling),
        };
  const sensitivity = testAnswers(pairs, true);
  const specificity = testAnswers(pairs, false);
  const [ofAuc = null, ofSensitivity = null, ofSpecificity = null] = holmAdjust([
    difference?.pValue ?? null,
    sensitivity?.pValue ?? null,
    specificity?.pValue ?? null,
  ]);
  return {
    label: ours === theirs ? ours : `${ours} and ${theirs}`,
    cases: pairs.length,
    pairs: scores.length,
    positives: pairs.filter((pair) => pair.first.positive).length,
    patients: new Set(pairs.map((pair) => pair.first.patient)).size,
    onlyInFirst: first.length - pairs.length,
    onlyInSecond: second.length - pairs.length,
    auc,
    difference,
    sensitivity,
    specificity,
    holm: { auc: ofAuc, sensitivity: ofSensitivity, specificity: ofSpecificity },
    stability: stability(scores),
    roc: { first: curveOf(a), second: curveOf(b) },
    scatter: thin(scores).map((pair) => [pair.first, pair.second, pair.positive ? 1 : 0]),
  };
}

/**
 * Tests whether two models differ on the same cases.
 * @throws RadTriageError REQUEST_INVALID when they have no label or no case in common, or other truths
 */
export function compareScores(
  first: ComparedScores,
  second: ComparedScores,
  options: CompareOptions,
): Comparison {
  const labels = commonLabels(first, second).map((pair) =>
    compareLabel(pair, { first, second }, options),
  );
  if (labels.every((label) => label.cases === 0)) {
    throw new RadTriageError('REQUEST_INVALID', 'the two have no case in common');
  }
  return {
    schemaVersion: 1,
    kind: 'comparison',
    createdAt: options.createdAt.toISOString(),
    product: options.product,
    first: first.name,
    second: second.name,
    settings: { bootstrapRepeats: options.bootstrapRepeats, seed: options.seed },
    labels,
  };
}
