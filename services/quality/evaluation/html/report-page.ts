import type { EvaluationReport } from '../report-schema.ts';
import type { FindPicture } from './case-gallery.ts';
import { labelSection } from './label-section.ts';
import { html, Markup } from './markup.ts';
import { STYLE } from './style.ts';
import { outcomeTable } from './tables.ts';

export interface PageOptions {
  /** Whether images of patients are in it. */
  readonly withImages: boolean;
  readonly findPicture: FindPicture;
}

/** What is judged as one, in the plural. */
const THINGS: Readonly<Record<EvaluationReport['unit'], string>> = {
  image: 'images',
  series: 'series',
  study: 'studies',
};

/** A page that needs nothing but itself. */
export function page(title: string, body: Markup): string {
  // Nothing may be loaded, and no script runs: the page says so itself, wherever it is opened.
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return `<!doctype html>
${
  html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="robots" content="noindex"><title>${title}</title><style>${new Markup(STYLE)}</style></head>
<body><main>${body}</main></body></html>`.text
}
`;
}

function privacy({ withImages }: PageOptions): Markup {
  return withImages
    ? html`<div class="warn"><p><b>This report holds images of patients.</b> No name, no patient id and no file name is in it, but an image may show a person by itself, and text burned into pixels is not removed. Make it with <code>--no-images</code> before it leaves your institution.</p></div>`
    : html`<div class="warn"><p>This report holds no image, no name, no patient id and no file name.</p></div>`;
}

function cautions(report: EvaluationReport): Markup {
  const { counts, unit, choice } = report;
  const things = THINGS[unit];
  const given = unit === 'series' ? 'Series' : 'Images';
  const found = [
    report.model.demonstration
      ? 'This model is a demonstration: it has no clinical meaning.'
      : undefined,
    counts.notAnalysed > 0
      ? `${counts.notAnalysed} of ${counts.units} ${things} were not analysed. Figures are given for those analysed, and with the others counted as not flagged.`
      : undefined,
    counts.withoutImage > 0
      ? `Rows of the truth file that name ${things} which were not given: ${counts.withoutImage}. They are in no figure.`
      : undefined,
    counts.withoutTruth > 0
      ? `${given} without ${choice.length > 0 ? 'a chosen' : 'a'} row in the truth file: ${counts.withoutTruth}. They are in no figure.`
      : undefined,
    choice.length > 0
      ? `Rows of the truth file were chosen: ${choice.join('; ')}. Others left out: ${counts.notChosen}.`
      : undefined,
    report.knowsPatients
      ? undefined
      : 'The truth file names no patients: images are joined by the patient of their DICOM header, and without one each counts as a patient of its own.',
  ].filter((text) => text !== undefined);
  return found.length === 0
    ? html``
    : html`<div class="warn">${found.map((text) => html`<p>${text}</p>`)}</div>`;
}

function head(report: EvaluationReport): Markup {
  const { model, counts, unit } = report;
  const things = THINGS[unit];
  return html`<header><h1>${model.title}: evaluation</h1>
<p class="soft">Model <code>${model.id}</code> ${model.version}, SHA-256 <code>${model.sha256.slice(0, 16)}…</code>. ${counts.units} ${things} of ${counts.patients} patients with truth, ${counts.analysed} analysed. Made ${report.createdAt.slice(0, 10)} by ${report.product}.</p>
<p class="soft">Intended use, says the manifest: ${model.intendedUse}</p></header>`;
}

function methods({ settings }: EvaluationReport): Markup {
  return html`<section aria-labelledby="methods"><h2 id="methods">How it was computed</h2>
<p>Every image went through the product’s own path: selection by the manifest, decoding, preprocessing, the network, reading of its outputs. Flagged is a score at or above the threshold. Intervals are 95%. AUC: DeLong, on the logit scale (AUC 0 or 1: Newcombe’s score interval). Proportions: Wilson; Clopper-Pearson beside it. Resampling: ${settings.bootstrapRepeats} times whole patients with replacement, percentiles, seed ${settings.seed}. Ages in bands from ${settings.ageBands.join(', ')} years. Tests between subgroups assume that they share no patient.</p></section>`;
}

/** report.html: self-contained, light or dark as the reader's system is, printable. */
export function reportPage(report: EvaluationReport, options: PageOptions): string {
  const body = html`${head(report)}${privacy(options)}${cautions(report)}
${report.labels.length === 0 ? html`<p>No image has a truth for any label of this model.</p>` : html``}
${report.labels.map((label) => labelSection(label, report.settings.variablesLeftOut, options.findPicture))}
<section aria-labelledby="outcomes"><h2 id="outcomes">Analysed and not analysed</h2>${outcomeTable(report)}</section>
${methods(report)}`;
  return page(`${report.model.id} ${report.model.version}: evaluation`, body);
}
