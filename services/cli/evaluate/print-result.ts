import type { Comparison } from '#quality/evaluation/compare/comparison-schema.ts';
import type { FaithfulnessFigures } from '#quality/evaluation/faithfulness-schema.ts';
import { aucText, MAP_WORDS, meanText, pText, rateText } from '#quality/evaluation/html/numbers.ts';
import { OUTCOMES, type ScoreRecord } from '#quality/evaluation/score-record.ts';
import { print, printTable } from '../output.ts';
import type { EvaluationResult } from './run-evaluation.ts';

/** More kinds of outcome than these are counted together. */
const MOST_REASONS = 12;

/** How many came to what, and why; an outcome's remarks after the outcome without one. */
function outcomeRows(records: readonly ScoreRecord[]): string[][] {
  const rows = OUTCOMES.flatMap((outcome) => {
    const own = records.filter((record) => record.outcome === outcome);
    const reasons = [...Map.groupBy(own, ({ reason }) => reason ?? '')];
    return reasons
      .map(([reason, { length }]) => ({ outcome, reason, count: length }))
      .sort((a, b) => b.count - a.count);
  });
  const left = rows.slice(MOST_REASONS).reduce((sum, { count }) => sum + count, 0);
  const told = rows
    .slice(0, MOST_REASONS)
    .map(({ outcome, reason, count }) => [outcome, String(count), reason]);
  return left === 0 ? told : [...told, ['others', String(left), 'see scores.csv']];
}

/** What became of the images, and the figures that a reader looks for first. */
export function printEvaluation({ scored, model, level, report }: EvaluationResult): void {
  const { records } = scored;
  const things = level === 'series' ? 'series and other files' : 'files';
  print(`${model.id} ${model.version}: ${records.length} ${things}`);
  printTable([['outcome', 'count', 'remark'], ...outcomeRows(records)]);
  for (const label of report?.labels ?? []) {
    print(`\n${label.label}: AUC ${aucText(label.auc)}`);
    printTable([
      ['point', 'sensitivity', 'specificity'],
      ...label.points.map((point) => [
        `${point.id}${point.isDefault ? ' (flags)' : ''}`,
        rateText(point.sensitivity),
        rateText(point.specificity),
      ]),
    ]);
    if (label.faithfulness !== null) printFaithfulness(label.faithfulness);
  }
}

const ORIGIN_WORDS = {
  own: 'the model’s own',
  occlusion: 'by occlusion',
  rise: 'by RISE',
} as const;

/** Lower is better for deletion, higher for insertion. */
function printFaithfulness(figures: FaithfulnessFigures): void {
  const { origin, images, flagged } = figures;
  print(`\nheatmaps ${ORIGIN_WORDS[origin]}, ${images} of ${flagged} flagged`);
  printTable([
    ['map', 'deletion (lower is better)', 'insertion (higher is better)'],
    ...figures.maps.map((map) => [
      MAP_WORDS[map.name],
      meanText(map.deletion),
      meanText(map.insertion),
    ]),
  ]);
}

export function printComparison(comparison: Comparison): void {
  print(`${comparison.first} against ${comparison.second}`);
  for (const label of comparison.labels) {
    const { difference, sensitivity, specificity } = label;
    print(`\n${label.label}: ${label.cases} cases in both`);
    printTable([
      ['measure', 'difference', 'p'],
      ['AUC (DeLong)', ...differenceCells(difference)],
      ['sensitivity (McNemar)', ...differenceCells(sensitivity)],
      ['specificity (McNemar)', ...differenceCells(specificity)],
    ]);
  }
}

function differenceCells(
  test: {
    readonly difference: number;
    readonly interval: readonly [number, number];
    readonly pValue: number | null;
  } | null,
): string[] {
  if (test === null) return ['too few', ''];
  const [low, high] = test.interval.map((end) => end.toFixed(3));
  return [`${test.difference.toFixed(3)} (${low} to ${high})`, pText(test.pValue)];
}
