import type { LocalisationFigures } from '../report-schema.ts';
import { html, type Markup } from './markup.ts';
import { decimal, range } from './numbers.ts';
import { drawPlot, path, round, ticksUpTo, UNIT_TICKS } from './plot-frame.ts';

const FARTHEST = 2;

/** Lesions hit against false marks an image. */
export function frocPlot({ curve, rates }: LocalisationFigures['froc']): Markup {
  const last = curve.at(-1)?.[0] ?? 0;
  const to = Math.max(0.25, Math.min(FARTHEST, last));
  const told = rates
    .map((r) => `${r.falseMarksPerImage}: ${decimal(r.sensitivity)} (${range(r.interval)})`)
    .join('; ');
  const ticks = ticksUpTo(to);
  const options = {
    description: `FROC curve: share of lesions hit by false marks per image. ${told}`,
    x: { label: 'false marks per image', from: 0, to: Math.max(to, ticks.at(-1) ?? 1), ticks },
    y: { label: 'lesions hit', from: 0, to: 1, ticks: UNIT_TICKS },
  };
  const shown = rates.filter((rate) => rate.falseMarksPerImage <= to);
  return drawPlot(options, (area) => [
    html`<path class="curve" d="${path(
      area,
      curve.filter(([x]) => x <= to),
    )}"/>`,
    html`${shown.map((rate) => {
      const x = rate.falseMarksPerImage;
      const [low = rate.sensitivity, high = rate.sensitivity] = rate.interval ?? [];
      return html`<g class="point"><path d="${path(area, [
        [x, low],
        [x, high],
      ])}"/><circle cx="${round(area.x(x))}" cy="${round(area.y(rate.sensitivity))}" r="4"/></g>`;
    })}`,
  ]);
}
