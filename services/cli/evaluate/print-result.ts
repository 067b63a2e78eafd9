import type { Comparison } from '#quality/evaluation/compare/comparison-schema.ts';
import { aucText, pText, rateText } from '#quality/evaluation/html/numbers.ts';
import { OUTCOMES } from '#quality/evaluation/score-record.ts';
import { print, printTable } from '../output.ts';
import type { EvaluationResult } from './run-evaluation.ts';

/** What became of the images, and the figures that a reader looks for first. */
export function printEvaluation({ scored, model, report }: EvaluationResult): void {
  const counts = OUTCOMES.map((outcome) => {
    const count = scored.records.filter((record) => record.outcome === outcome).length;
    return [outcome, String(count)];
  }).filter(([, count]) => count !== '0');
  print(`${model.id} ${model.version}: ${scored.records.length} images`);
  printTable([['outcome', 'images'], ...counts]);
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
  }
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
