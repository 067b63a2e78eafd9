import type { Box, HeatmapTransform } from '#core/finding.ts';
import type { LabelFigures, ShownCase } from '../report-schema.ts';
import { html, type Markup } from './markup.ts';
import { decimal } from './numbers.ts';
import { round } from './plot-frame.ts';

/** Pictures of one case for one label. */
export interface CasePicture {
  /** Of the image scored, in source pixels. */
  readonly rows: number;
  readonly columns: number;
  /** data: URLs. */
  readonly image: string;
  readonly heatmap:
    | {
        readonly image: string;
        readonly rows: number;
        readonly columns: number;
        readonly transform: HeatmapTransform;
      }
    | undefined;
  readonly drawn: readonly Box[];
  readonly lesions: readonly Box[];
  /** What is to be said instead of, or beside, the picture. */
  readonly note: string | undefined;
}

/** By label and case. `undefined` where no picture may be shown or none could be made. */
export type FindPicture = (labelId: string, caseId: string) => CasePicture | undefined;

function boxes(list: readonly Box[], kind: string): Markup {
  return html`${list.map(
    ([x, y, width, height]) =>
      html`<rect class="${kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`,
  )}`;
}

function overlay(picture: CasePicture): Markup {
  const { heatmap } = picture;
  if (heatmap === undefined) return html``;
  const { transform, rows, columns } = heatmap;
  return html`<image href="${heatmap.image}" x="${round(transform.originX)}" y="${round(transform.originY)}" width="${round(columns * transform.scaleX)}" height="${round(rows * transform.scaleY)}" preserveAspectRatio="none"/>`;
}

function pictureMarkup(id: string, picture: CasePicture): Markup {
  const view = `0 0 ${picture.columns} ${picture.rows}`;
  const size = html`x="0" y="0" width="${picture.columns}" height="${picture.rows}"`;
  return html`<div class="pair">
<svg viewBox="${view}" role="img" aria-label="The image with the reference boxes"><image id="${id}" href="${picture.image}" ${size} preserveAspectRatio="none"/>${boxes(picture.lesions, 'truth-box')}</svg>
<svg viewBox="${view}" role="img" aria-label="The image with the model’s heatmap and boxes"><use href="#${id}"/>${overlay(picture)}${boxes(picture.drawn, 'drawn-box')}</svg>
</div>${picture.note === undefined ? html`` : html`<p class="soft">${picture.note}</p>`}`;
}

function caseMarkup(label: LabelFigures, shown: ShownCase, find: FindPicture): Markup {
  const picture = find(label.id, shown.caseId);
  const groups = Object.entries(shown.groups)
    .filter(([name, value]) => value !== 'not known' && isToldGroup(label, name))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return html`<div class="case">${picture === undefined ? html`` : pictureMarkup(`image-${label.id}-${shown.caseId}`, picture)}
<p>Score <b>${decimal(shown.score)}</b>${groups === '' ? '' : `, ${groups}`}<br><span class="soft">case <code>${shown.caseId}</code>${shown.sopInstanceUid === undefined ? '' : html` <code>${shown.sopInstanceUid}</code>`}</span></p></div>`;
}

/** A variable that made no group may be a name: it is not told of a single case either. */
function isToldGroup(label: LabelFigures, name: string): boolean {
  return label.variables.some((variable) => variable.variable === name);
}

export function gallery(label: LabelFigures, find: FindPicture): Markup {
  const list = (title: string, cases: readonly ShownCase[], none: string) => html`<h3>${title}</h3>
${cases.length === 0 ? html`<p class="soft">${none}</p>` : html`<div class="cases">${cases.map((shown) => caseMarkup(label, shown, find))}</div>`}`;
  return html`${list(
    'Worst misses: with the finding, lowest scores below the threshold',
    label.misses,
    'No image with the finding stayed below the threshold.',
  )}
${list(
  'Worst false alarms: without the finding, highest scores',
  label.falseAlarms,
  'No image without the finding was flagged.',
)}
<p class="soft">Dashed blue: reference boxes. Yellow: boxes as the model draws them. Colour: heatmap.</p>`;
}
