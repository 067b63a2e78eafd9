import type { LabelFigures, LocalisationFigures } from '../report-schema.ts';
import { type FindPicture, gallery } from './case-gallery.ts';
import { faithfulnessSection } from './faithfulness-section.ts';
import { forestPlot } from './forest-plot.ts';
import { frocPlot } from './froc-plot.ts';
import { html, type Markup } from './markup.ts';
import { aucText, decimal, percent, range, rateText } from './numbers.ts';
import { rocPlot } from './roc-plot.ts';
import { histogramPlot, reliabilityPlot } from './score-plots.ts';
import {
  calibrationTable,
  decisionTable,
  operatingPointTable,
  subgroupTable,
  table,
} from './tables.ts';

function card(name: string, value: string, detail: string): Markup {
  return html`<div class="card"><span>${name}</span><b>${value}</b><span>${detail}</span></div>`;
}

function cards(label: LabelFigures): Markup {
  const point = label.points.find((one) => one.isDefault) ?? label.points[0];
  const { counts, auc } = label;
  return html`<div class="cards">
${card('Area under the ROC curve', decimal(auc?.auc), `95% interval ${range(auc?.interval)}`)}
${point === undefined ? html`` : card(`Sensitivity at “${point.id}”`, decimal(point.sensitivity.estimate), `${range(point.sensitivity.wilson)}, ${point.sensitivity.count} of ${point.sensitivity.total}`)}
${point === undefined ? html`` : card(`Specificity at “${point.id}”`, decimal(point.specificity.estimate), `${range(point.specificity.wilson)}, ${point.specificity.count} of ${point.specificity.total}`)}
${card('With the finding / all', `${counts.positives} / ${counts.positives + counts.negatives}`, `${counts.patients} patients; analysed ${counts.analysedPositives} / ${counts.analysedPositives + counts.analysedNegatives}`)}
</div>`;
}

function ranking(label: LabelFigures): Markup {
  const drawn = label.roc.length > 0;
  return html`<h3>Ranking</h3>
<p>AUC by DeLong with a logit interval: ${aucText(label.auc)}. Resampling whole patients gives ${range(label.aucBootstrap)}. With everything that was not analysed ranked below all others: ${aucText(label.aucWithNotAnalysed)}.</p>
<div class="plots">${
    drawn
      ? html`<figure>${rocPlot(label)}<figcaption>ROC curve; band: pointwise 95% from resampled patients; points: operating points with Wilson intervals.</figcaption></figure>`
      : html`<p>There is no ROC curve without analysed images of both kinds.</p>`
  }
<figure>${histogramPlot(label)}<figcaption><i class="key with"></i>with the finding <i class="key without"></i>without; lines: operating points.</figcaption></figure></div>`;
}

function calibration(label: LabelFigures): Markup {
  if (label.reliability === null) return html``;
  const moved = label.calibration?.moved ?? 0;
  return html`<h3>Calibration</h3>
<p>A score orders images. It may be called a probability only where it was calibrated on a site’s own cases, at that site’s prevalence.</p>
<div class="plots"><figure>${reliabilityPlot(label.reliability.bins)}<figcaption>Share with the finding against the mean score of ten equal bins; numbers: images in the bin; bars: Wilson intervals.</figcaption></figure>
<div>${calibrationTable(label)}${moved === 0 ? html`` : html`<p class="soft">${moved} scores of 0 or 1 were moved by 1e-9 for the fit.</p>`}</div></div>`;
}

function subgroups(label: LabelFigures, leftOut: readonly string[]): Markup {
  const several = label.variables.filter(({ groups }) => groups.length > 1);
  const alone = label.variables.filter((variable) => variable.alone !== null);
  const counts = {
    positives: label.counts.analysedPositives,
    negatives: label.counts.analysedNegatives,
  };
  return html`<h3>Subgroups</h3>
${
  several.length === 0
    ? html`<p class="soft">Nothing tells the images apart: no column of the truth file and no header says view, sex, age or manufacturer.</p>`
    : html`<figure><div class="wide" tabindex="0" role="region" aria-label="Subgroups">${forestPlot(label.auc, counts, several)}</div><figcaption>Dashed: all images. Subgroups are not independent where a patient has images in several.</figcaption></figure>${subgroupTable(several)}`
}
${alone.map(
  ({ variable, alone: found }) =>
    html`<p>Baseline: ${variable} alone (${found?.value ?? ''} ranked first) gives AUC ${aucText(found?.auc ?? null)}. A model that knows no more than that has learned a shortcut.</p>`,
)}
${leftOut.length === 0 ? html`` : html`<p class="soft">Without groups, having more than twelve values: ${leftOut.join(', ')}.</p>`}`;
}

function localisation(figures: LocalisationFigures): Markup {
  const { froc, drawn } = figures;
  return html`<h3>Localisation</h3>
<p>${figures.imagesWithBoxes} images with ${figures.lesions} reference boxes${figures.withoutBoxes === 0 ? '' : `; ${figures.withoutBoxes} with the finding but without a box are left out`}. Highest mark within a box: <b>${rateText(figures.peakInBox)}</b>; baseline, one fixed point learned from the other patients’ boxes: ${rateText(figures.fixedPoint)}.</p>
<div class="plots"><figure>${frocPlot(froc)}<figcaption>FROC over ${froc.images} images; bars: 95% from resampled patients.</figcaption></figure>
<div>${table(
    'Lesions hit by false marks an image',
    ['False marks', 'Lesions hit', '95% interval'],
    froc.rates.map((rate) => [
      `at most ${rate.falseMarksPerImage}`,
      `${decimal(rate.sensitivity)} (${rate.hit} of ${rate.lesions})`,
      range(rate.interval),
    ]),
  )}
${table(
  `Boxes as drawn on the ${drawn.images} flagged images, matched one to one at an overlap of ${drawn.minimumIou} or more`,
  ['Measure', 'Value'],
  [
    ['Drawn boxes that match', rateText(drawn.precision)],
    ['Reference boxes matched', rateText(drawn.recall)],
  ],
)}</div></div>
${
  figures.bySize.length === 0
    ? html``
    : table(
        'Sensitivity at the default point by the area of the reference boxes (thirds)',
        ['Share of the image', 'Sensitivity'],
        figures.bySize.map(({ from, to, sensitivity }) => [
          `${percent(from)} to ${percent(to)}`,
          rateText(sensitivity),
        ]),
      )
}
<p class="soft">Hit rule: ${figures.hitRule}</p>`;
}

/** Everything about one label. */
export function labelSection(
  label: LabelFigures,
  leftOut: readonly string[],
  find: FindPicture,
): Markup {
  return html`<section aria-labelledby="label-${label.id}"><h2 id="label-${label.id}">${label.label}</h2>
${label.counts.withoutTruth === 0 ? html`` : html`<p class="soft">Rows that say nothing of this finding, left out here: ${label.counts.withoutTruth}.</p>`}
${cards(label)}
${ranking(label)}
<h3>Operating points</h3>${operatingPointTable(label)}
<h3>Decision</h3>${decisionTable(label)}
${calibration(label)}
${subgroups(label, leftOut)}
${label.localisation === null ? html`` : localisation(label.localisation)}
${label.faithfulness === null ? html`` : faithfulnessSection(label.faithfulness)}
${gallery(label, find)}</section>`;
}
