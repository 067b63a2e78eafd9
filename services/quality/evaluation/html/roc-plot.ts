import type { LabelFigures } from '../report-schema.ts';
import { html, type Markup } from './markup.ts';
import { aucText, decimal, thresholdText } from './numbers.ts';
import { drawPlot, type PlotArea, path, round, UNIT_TICKS } from './plot-frame.ts';

type Figures = Pick<LabelFigures, 'auc' | 'band' | 'points' | 'roc'>;

function bandPath(area: PlotArea, band: Figures['band']): string {
  const lower = band.map(([x, low]) => [x, low] as const);
  const upper = band.map(([x, , high]) => [x, high] as const);
  return `${path(area, [...lower, ...upper.toReversed()])}Z`;
}

function operatingPoint(area: PlotArea, point: Figures['points'][number]): Markup {
  const { sensitivity, specificity } = point;
  if (sensitivity.estimate === null || specificity.estimate === null) return html``;
  const [x, y] = [1 - specificity.estimate, sensitivity.estimate];
  const [low = y, high = y] = sensitivity.wilson ?? [];
  const [lowest = 1 - x, highest = 1 - x] = specificity.wilson ?? [];
  const isRight = x > 0.6;
  return html`<g class="point"><path d="${path(area, [
    [x, low],
    [x, high],
  ])}"/><path d="${path(area, [
    [1 - highest, y],
    [1 - lowest, y],
  ])}"/>
<circle cx="${round(area.x(x))}" cy="${round(area.y(y))}" r="4.5"/>
<text x="${round(area.x(x) + (isRight ? -9 : 9))}" y="${round(area.y(y) + (isRight ? -9 : 16))}" text-anchor="${isRight ? 'end' : 'start'}">${point.id} (${thresholdText(point.threshold)})</text></g>`;
}

export function rocPlot(figures: Figures): Markup {
  const points = figures.points
    .map(
      (point) =>
        `${point.id}: sensitivity ${decimal(point.sensitivity.estimate)}, specificity ${decimal(point.specificity.estimate)}`,
    )
    .join('; ');
  const options = {
    description: `ROC curve, area ${aucText(figures.auc)}. ${points}`,
    x: { label: '1 - specificity', from: 0, to: 1, ticks: UNIT_TICKS },
    y: { label: 'sensitivity', from: 0, to: 1, ticks: UNIT_TICKS },
  };
  return drawPlot(options, (area) => [
    html`<path class="chance" d="${path(area, [
      [0, 0],
      [1, 1],
    ])}"/>`,
    figures.band.length === 0
      ? html``
      : html`<path class="band" d="${bandPath(area, figures.band)}"/>`,
    html`<path class="curve" d="${path(area, figures.roc)}"/>`,
    html`${figures.points.map((point) => operatingPoint(area, point))}`,
  ]);
}
