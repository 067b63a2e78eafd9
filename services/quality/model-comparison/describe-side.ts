import type { ComparisonScatter, ComparisonSide } from '#contracts/model-comparison.ts';
import type { ComparedStudy, ModelResult, VersionReference } from './compared-study.ts';

const MAX_REASONS = 20;
/** More points than this show nothing more. */
const MAX_POINTS = 1_500;

function summariseMilliseconds(values: readonly number[]): ComparisonSide['networkMs'] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return sorted.length === 0 ? null : { median: at(0.5), p95: at(0.95) };
}

function countReasons(results: readonly ModelResult[]): ComparisonSide['reasons'] {
  const reasons = results
    .filter((result) => result.outcome !== 'analysed')
    .map((result) => result.reason ?? 'no reason recorded');
  return [...Map.groupBy(reasons, (reason) => reason)]
    .map(([reason, same]) => ({ reason, count: same.length }))
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason, 'en'))
    .slice(0, MAX_REASONS);
}

/** What one version did with the studies that both saw. */
export function describeSide(
  { modelId, version }: VersionReference,
  results: readonly ModelResult[],
): ComparisonSide {
  const countOf = (outcome: ModelResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  const ran = results.filter((result) => result.outcome === 'analysed');
  const total = ({ timings }: ModelResult) =>
    Object.values(timings).reduce((sum, stage) => sum + stage, 0);
  return {
    modelId,
    version,
    sha256: [...new Set(results.map((result) => result.sha256))].sort(),
    roles: [...new Set(results.map((result) => result.role))].sort(),
    analysed: ran.length,
    declined: countOf('declined'),
    notAnalysed: countOf('not-analysed'),
    failed: countOf('failed'),
    reasons: countReasons(results),
    networkMs: summariseMilliseconds(ran.map((result) => result.timings['inference'] ?? 0)),
    totalMs: summariseMilliseconds(ran.map(total)),
  };
}

interface ScorePair {
  readonly code: string;
  readonly label: string;
  readonly a: number;
  readonly b: number;
  readonly thresholdA: number;
  readonly thresholdB: number;
}

function pairScores({ a, b }: ComparedStudy): ScorePair[] {
  return a.scores.flatMap((of) => {
    const other = b.scores.find((candidate) => candidate.code === of.code);
    if (other === undefined) return [];
    const { code, label, score, threshold } = of;
    const thresholds = { thresholdA: threshold, thresholdB: other.threshold };
    return { code, label, a: score, b: other.score, ...thresholds };
  });
}

/** The value that all share; null when they do not: an operating point was moved meanwhile. */
function onlyValue(values: readonly number[]): number | null {
  const distinct = [...new Set(values)];
  return distinct.length === 1 ? (distinct[0] ?? null) : null;
}

/** Scores of both, for each finding whose code they share. */
export function scatterScores(studies: readonly ComparedStudy[]): ComparisonScatter[] {
  const codes = Map.groupBy(studies.flatMap(pairScores), (pair) => pair.code);
  return [...codes].map(([code, pairs]) => {
    const step = Math.max(1, Math.ceil(pairs.length / MAX_POINTS));
    return {
      code,
      label: pairs[0]?.label ?? code,
      thresholdA: onlyValue(pairs.map((pair) => pair.thresholdA)),
      thresholdB: onlyValue(pairs.map((pair) => pair.thresholdB)),
      total: pairs.length,
      points: pairs
        .filter((_, index) => index % step === 0)
        .map(({ a, b }): [number, number] => [a, b]),
    };
  });
}
