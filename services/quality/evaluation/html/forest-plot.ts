import type { AucFigure, VariableFigures } from '../report-schema.ts';
import { html, type Markup } from './markup.ts';
import { aucText, decimal } from './numbers.ts';
import { line, round } from './plot-frame.ts';

const ROW = 24;
const LEFT = 230;
const RIGHT = 690;
const WIDTH = 900;

interface Row {
  readonly name: string;
  readonly auc: AucFigure | null;
  readonly counts: string;
  readonly kind: 'all' | 'heading' | 'group';
}

function rowsOf(
  all: AucFigure | null,
  counts: string,
  variables: readonly VariableFigures[],
): Row[] {
  return [
    { name: 'All', auc: all, counts, kind: 'all' },
    ...variables.flatMap(({ variable, groups }): Row[] => [
      { name: variable, auc: null, counts: '', kind: 'heading' },
      ...groups.map(({ value, auc, positives, negatives }): Row => {
        const n = `${positives} / ${positives + negatives}`;
        return { name: value, auc, counts: n, kind: 'group' };
      }),
    ]),
  ];
}

function drawRow(row: Row, index: number, x: (value: number) => number): Markup {
  const y = 30 + index * ROW;
  if (row.kind === 'heading')
    return html`<text class="heading" x="8" y="${y + 5}">${row.name}</text>`;
  const label = html`<text x="${row.kind === 'all' ? 8 : 22}" y="${y + 4}">${row.name}</text><text class="note" x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${row.counts}</text>`;
  if (row.auc === null) {
    return html`${label}<text class="note" x="${RIGHT + 14}" y="${y + 4}">too few to tell</text>`;
  }
  const { auc, interval } = row.auc;
  const radius = row.kind === 'all' ? 6 : 4.5;
  return html`${label}<g class="point"><path d="M${round(x(interval[0]))} ${y}L${round(x(interval[1]))} ${y}"/><circle cx="${round(x(auc))}" cy="${y}" r="${radius}"/></g><text x="${RIGHT + 14}" y="${y + 4}">${aucText(row.auc)}</text>`;
}

/** The area of each subgroup with its interval and counts (with the finding / all). */
export function forestPlot(
  all: AucFigure | null,
  counts: { positives: number; negatives: number },
  variables: readonly VariableFigures[],
): Markup {
  const total = `${counts.positives} / ${counts.positives + counts.negatives}`;
  const rows = rowsOf(all, total, variables);
  const lowest = Math.min(0.5, ...rows.map((row) => row.auc?.interval[0] ?? 1));
  const from = Math.floor(lowest * 10 + 1e-9) / 10;
  const x = (value: number) => LEFT + ((value - from) / (1 - from)) * (RIGHT - LEFT);
  const ticks = Array.from({ length: Math.round((1 - from) * 10) + 1 }, (_, i) => from + i / 10);
  const bottom = 30 + rows.length * ROW;
  const told = rows
    .filter((row) => row.kind !== 'heading')
    .map((row) => `${row.name}: ${aucText(row.auc)}, ${row.counts}`)
    .join('; ');
  return html`<svg class="plot forest" viewBox="0 0 ${WIDTH} ${bottom + 42}" role="img" aria-label="${`Area under the ROC curve by subgroup. ${told}`}">
<text class="note" x="${LEFT - 12}" y="12" text-anchor="end">with / all</text><text class="note" x="${RIGHT + 14}" y="12">AUC (95% interval)</text>
<g class="grid">${ticks.map((tick) => line(x(tick), 18, x(tick), bottom))}</g>
${all === null ? html`` : html`<g class="reference">${line(x(all.auc), 18, x(all.auc), bottom)}</g>`}
${rows.map((row, index) => drawRow(row, index, x))}
<g class="axis">${line(LEFT, bottom, RIGHT, bottom)}${ticks.map((tick) => html`<text x="${round(x(tick))}" y="${bottom + 15}" text-anchor="middle">${decimal(tick, 1)}</text>`)}<text class="name" x="${(LEFT + RIGHT) / 2}" y="${bottom + 34}" text-anchor="middle">area under the ROC curve</text></g>
</svg>`;
}
