import type { EvaluationReport, LabelFigures, VariableFigures } from '../report-schema.ts';
import { html, type Markup } from './markup.ts';
import { aucText, decimal, percent, pText, range, rateText, thresholdText } from './numbers.ts';

/** The first cell of a row is its heading. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (string | Markup)[])[],
): Markup {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = '', ...cells]) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

export function operatingPointTable(label: LabelFigures): Markup {
  const name = (point: LabelFigures['points'][number]) =>
    `${point.id}${point.isDefault ? ' (flags)' : ''}, threshold ${thresholdText(point.threshold)}`;
  const exact = table(
    'At the operating points, of the images analysed (95% Wilson intervals)',
    ['Point', 'Sensitivity', 'Specificity', 'PPV here', 'NPV here'],
    label.points.map((point) => [
      name(point),
      rateText(point.sensitivity),
      rateText(point.specificity),
      rateText(point.positivePredictiveValue),
      rateText(point.negativePredictiveValue),
    ]),
  );
  const other = table(
    'The same by other intervals, and with everything that was not analysed counted as not flagged',
    ['Point', 'Measure', 'Clopper-Pearson', 'Resampled patients', 'With not analysed'],
    label.points.flatMap((point) => [
      [
        point.id,
        'sensitivity',
        range(point.sensitivity.clopperPearson),
        range(point.bootstrap.sensitivity),
        rateText(point.withNotAnalysed.sensitivity),
      ],
      [
        point.id,
        'specificity',
        range(point.specificity.clopperPearson),
        range(point.bootstrap.specificity),
        rateText(point.withNotAnalysed.specificity),
      ],
    ]),
  );
  return html`${exact}${other}`;
}

export function decisionTable(label: LabelFigures): Markup {
  return table(
    'What the operating points would do at other prevalences (Bayes; intervals of Mercaldo on the logit scale)',
    ['Point', 'Prevalence', 'Flagged', 'PPV', 'NPV'],
    label.points.flatMap((point) =>
      point.atPrevalence.map((at) => [
        point.id,
        percent(at.prevalence, 0),
        percent(at.flagRate),
        `${percent(at.positivePredictiveValue)} (${percentRange(at.positiveInterval)})`,
        `${percent(at.negativePredictiveValue)} (${percentRange(at.negativeInterval)})`,
      ]),
    ),
  );
}

function percentRange(interval: readonly [number, number] | null): string {
  return interval === null ? '–' : `${percent(interval[0])} to ${percent(interval[1])}`;
}

export function calibrationTable(label: LabelFigures): Markup {
  const { reliability, calibration } = label;
  if (reliability === null) return html``;
  const fitText = (which: 'slope' | 'intercept' | 'inTheLarge') =>
    calibration === null
      ? 'no finite fit'
      : `${decimal(calibration[which].estimate)} (${range(calibration[which].interval)})`;
  const { decomposition } = reliability;
  return table(
    'Calibration of the score, were it read as a probability',
    ['Measure', 'Value', 'What it says'],
    [
      ['Slope', fitText('slope'), '1 fits; below 1 the scores are too extreme'],
      ['Intercept', fitText('intercept'), '0 fits, together with slope 1'],
      [
        'Calibration in the large',
        fitText('inTheLarge'),
        'above 0 the scores lie too low on the whole',
      ],
      [
        'Brier score',
        decimal(reliability.brier, 4),
        `a constant at the prevalence gives ${decimal(reliability.brierOfPrevalence, 4)}`,
      ],
      [
        'Its parts',
        `${decimal(decomposition.reliability, 4)} - ${decimal(decomposition.resolution, 4)} + ${decimal(decomposition.uncertainty, 4)} + ${decimal(decomposition.withinBins, 4)}`,
        'reliability - resolution + uncertainty + what differs within bins',
      ],
      [
        'Expected calibration error',
        decimal(reliability.expectedCalibrationError, 4),
        'mean distance of score and share over ten equal bins',
      ],
    ],
  );
}

export function subgroupTable(variables: readonly VariableFigures[]): Markup {
  return table(
    'Subgroups at the default operating point; difference of AUC to everyone else, p adjusted for all tests (Holm)',
    ['Subgroup', 'Sensitivity', 'Specificity', 'AUC', 'AUC minus rest', 'p (Holm)', 'Not analysed'],
    variables.flatMap(({ variable, groups }) =>
      groups.map((group) => [
        `${variable}: ${group.value}`,
        rateText(group.sensitivity),
        rateText(group.specificity),
        aucText(group.auc),
        group.differenceToRest === null
          ? '–'
          : `${decimal(group.differenceToRest.difference)} (${range(group.differenceToRest.interval)})`,
        pText(group.differenceToRest?.holm ?? null),
        String(group.notAnalysed),
      ]),
    ),
  );
}

const OUTCOME_WORDS: Readonly<Record<EvaluationReport['outcomes'][number]['outcome'], string>> = {
  analysed: 'analysed',
  declined: 'declined',
  'does-not-fit': 'not for this model',
  'outside-intended-use': 'outside intended use',
  undecodable: 'pixels could not be decoded',
  'no-image': 'no image',
  'model-failed': 'model failed',
};

const UNIT_HEADS: Readonly<Record<EvaluationReport['unit'], string>> = {
  image: 'Images',
  series: 'Series',
  study: 'Studies',
};

export function outcomeTable({ outcomes, unit }: EvaluationReport): Markup {
  return table(
    'What became of them',
    ['Outcome', 'Reason', UNIT_HEADS[unit], 'Cases'],
    outcomes.map((outcome) => [
      OUTCOME_WORDS[outcome.outcome],
      outcome.reason ?? '',
      String(outcome.count),
      html`${outcome.cases.map((caseId) => html`<code>${caseId}</code> `)}${outcome.outcome !== 'analysed' && outcome.cases.length < outcome.count ? 'and more' : ''}`,
    ]),
  );
}
