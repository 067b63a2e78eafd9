import { PSI_LIMITS } from '#core/statistics/drift.ts';
import type { Comparison, LabelComparison, McNemarFigures } from '../compare/comparison-schema.ts';
import { html, type Markup } from './markup.ts';
import { aucText, decimal, pText, range } from './numbers.ts';
import { drawPlot, path, round, UNIT_TICKS } from './plot-frame.ts';
import { page } from './report-page.ts';
import { table } from './tables.ts';

interface Names {
  readonly first: string;
  readonly second: string;
}

function rocPlots({ roc, auc }: LabelComparison, names: Names): Markup {
  const options = {
    description: `ROC curves: ${names.first}, area ${aucText(auc.first)}; ${names.second}, area ${aucText(auc.second)}`,
    x: { label: '1 - specificity', from: 0, to: 1, ticks: UNIT_TICKS },
    y: { label: 'sensitivity', from: 0, to: 1, ticks: UNIT_TICKS },
  };
  return drawPlot(options, (area) => [
    html`<path class="chance" d="${path(area, [
      [0, 0],
      [1, 1],
    ])}"/><path class="curve" d="${path(area, roc.first)}"/><path class="curve second" d="${path(area, roc.second)}"/>`,
  ]);
}

function scatterPlot({ scatter }: LabelComparison, names: Names): Markup {
  const options = {
    description: `Scores of ${names.second} against those of ${names.first}, ${scatter.length} cases`,
    x: { label: `score of ${names.first}`, from: 0, to: 1, ticks: UNIT_TICKS },
    y: { label: `score of ${names.second}`, from: 0, to: 1, ticks: UNIT_TICKS },
  };
  return drawPlot(options, (area) => [
    html`<path class="chance" d="${path(area, [
      [0, 0],
      [1, 1],
    ])}"/><g class="scatter">${scatter.map(
      ([x, y, truth]) =>
        html`<circle cx="${round(area.x(x))}" cy="${round(area.y(y))}" r="3"${truth === 1 ? html` class="with"` : html``}/>`,
    )}</g>`,
  ]);
}

function testRow(name: string, test: McNemarFigures | null, holm: number | null): string[] {
  if (test === null) return [name, '–', '–', '–', '–'];
  const discordant = `right in the first alone ${test.onlyFirst}, in the second alone ${test.onlySecond}, of ${test.total}`;
  return [
    name,
    `${decimal(test.difference)} (${range(test.interval)})`,
    discordant,
    pText(test.pValue),
    pText(holm),
  ];
}

function stabilityText(value: number | null): string {
  if (value === null) return '';
  const verdict =
    value >= PSI_LIMITS.act
      ? 'the scores are spread quite differently: thresholds do not carry over'
      : value >= PSI_LIMITS.warn
        ? 'the scores are spread differently: check the thresholds'
        : 'the scores are spread alike';
  return `Population stability index of the scores ${decimal(value)}: ${verdict} (limits ${PSI_LIMITS.warn} and ${PSI_LIMITS.act}).`;
}

function labelSection(label: LabelComparison, names: Names): Markup {
  const { difference, holm } = label;
  const auc =
    difference === null
      ? ['AUC (DeLong)', '–', 'too few', '–', '–']
      : [
          'AUC (DeLong)',
          `${decimal(difference.difference)} (${range(difference.interval)})`,
          `resampled patients ${range(difference.bootstrap)}`,
          pText(difference.pValue),
          pText(holm.auc),
        ];
  return html`<section><h2>${label.label}</h2>
<p>Cases in both: ${label.cases}, with the finding ${label.positives}, of ${label.patients} patients; analysed by both: ${label.pairs}. Only in the first: ${label.onlyInFirst}, only in the second: ${label.onlyInSecond}.</p>
<p>AUC of ${names.first}: ${aucText(label.auc.first)}. AUC of ${names.second}: ${aucText(label.auc.second)}.</p>
${table(
  'Differences, first minus second, with 95% intervals (p: two-sided; Holm: adjusted for three tests)',
  ['Measure', 'Difference', 'From', 'p', 'p (Holm)'],
  [
    auc,
    testRow('Sensitivity (McNemar)', label.sensitivity, holm.sensitivity),
    testRow('Specificity (McNemar)', label.specificity, holm.specificity),
  ],
)}
<p class="soft">AUC is of the cases analysed by both; at the default operating points what was not analysed counts as not flagged. ${stabilityText(label.stability)}</p>
<div class="plots"><figure>${rocPlots(label, names)}<figcaption>Line: ${names.first}; dashed: ${names.second}.</figcaption></figure>
<figure>${scatterPlot(label, names)}<figcaption><i class="key with"></i>with the finding <i class="key without"></i>without.</figcaption></figure></div></section>`;
}

/** comparison.html. */
export function comparisonPage(comparison: Comparison): string {
  const { settings } = comparison;
  const body = html`<header><h1>${comparison.first} and ${comparison.second}</h1>
<p class="soft">The same cases, scored by both. Made ${comparison.createdAt.slice(0, 10)} by ${comparison.product}. This report holds no image, no name, no patient id and no file name.</p></header>
${comparison.labels.map((label) => labelSection(label, comparison))}
<section aria-labelledby="methods"><h2 id="methods">How it was computed</h2>
<p>AUC: DeLong’s paired test. Sensitivity and specificity: McNemar’s exact test with Bonett and Price’s interval. Resampling: ${settings.bootstrapRepeats} times whole patients, percentiles, seed ${settings.seed}. A p above 0.05 does not show that two models are alike: look at the interval.</p></section>`;
  return page(`${comparison.first} and ${comparison.second}: comparison`, body);
}
