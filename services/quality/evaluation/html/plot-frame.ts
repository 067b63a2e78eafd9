import { html, type Markup } from './markup.ts';

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly format?: (value: number) => string;
}

export interface PlotOptions {
  /** What the plot shows, read out by a screen reader. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly width?: number;
  readonly height?: number;
}

/** Draws into a frame with axes; maps values to its coordinates. */
export interface PlotArea {
  x(value: number): number;
  y(value: number): number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const MARGIN = { left: 52, right: 12, top: 10, bottom: 42 } as const;

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Up to six steps of 1, 2 or 5 times a power of ten, from 0 on. @param smallest the least step: 1 for counts */
export function ticksUpTo(largest: number, smallest = 0): number[] {
  if (!(largest > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(largest));
  const steps = [0.1, 0.2, 0.5, 1, 2].map((n) => n * power);
  const step = steps.find((one) => one >= smallest && largest / one <= 6) ?? power;
  const count = Math.ceil(largest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

export const UNIT_TICKS: readonly number[] = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** A path through points; NaN breaks it. */
export function path(area: PlotArea, points: readonly (readonly [number, number])[]): string {
  let text = '';
  for (const [x, y] of points) {
    text += `${text === '' ? 'M' : 'L'}${round(area.x(x))} ${round(area.y(y))}`;
  }
  return text;
}

export function drawPlot(
  options: PlotOptions,
  draw: (area: PlotArea) => readonly Markup[],
): Markup {
  const { x, y, width = 380, height = 340 } = options;
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const { left, top } = MARGIN;
  const area: PlotArea = {
    left,
    right,
    top,
    bottom,
    x: (value) => left + ((value - x.from) / (x.to - x.from)) * (right - left),
    y: (value) => bottom - ((value - y.from) / (y.to - y.from)) * (bottom - top),
  };
  const format = (axis: Axis, value: number) => (axis.format ?? String)(value);
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.description}">
<g class="grid">${x.ticks.map((tick) => line(area.x(tick), top, area.x(tick), bottom))}${y.ticks.map((tick) => line(left, area.y(tick), right, area.y(tick)))}</g>
${draw(area)}
<g class="axis">${line(left, bottom, right, bottom)}${line(left, top, left, bottom)}
${x.ticks.map((tick) => html`<text x="${round(area.x(tick))}" y="${bottom + 15}" text-anchor="middle">${format(x, tick)}</text>`)}
${y.ticks.map((tick) => html`<text x="${left - 7}" y="${round(area.y(tick) + 4)}" text-anchor="end">${format(y, tick)}</text>`)}
<text class="name" x="${(left + right) / 2}" y="${height - 8}" text-anchor="middle">${x.label}</text>
<text class="name" transform="translate(13 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${y.label}</text></g>
</svg>`;
}

export function line(x1: number, y1: number, x2: number, y2: number): Markup {
  return html`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}
