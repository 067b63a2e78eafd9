import type { Model } from '#contracts/administration.ts';
import { formatCount, formatDate, formatProportion } from '../design/format.ts';
import { PROMOTION_TEXT as T } from './promotion-text.ts';

/** The figures of an evaluation at this site, in sentences. */
export function describeEvaluation(evaluation: NonNullable<Model['evaluation']>): string {
  const { unit, analysed, createdAt } = evaluation;
  const labels = evaluation.labels.map(({ label, sensitivity, specificity }) =>
    T.evaluatedLabel(
      label,
      formatProportion(sensitivity.estimate, sensitivity.interval),
      formatProportion(specificity.estimate, specificity.interval),
    ),
  );
  return [T.evaluated(formatDate(createdAt), formatCount(analysed), T.units[unit]), ...labels].join(
    ' ',
  );
}
