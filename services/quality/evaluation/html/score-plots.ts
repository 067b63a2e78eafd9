import type { LabelFigures } from '../report-schema.ts';
import { html, type Markup } from './markup.ts';
import { decimal, thresholdText } from './numbers.ts';
import { drawPlot, type PlotArea, path, round, ticksUpTo, UNIT_TICKS } from './plot-frame.ts';

type Bins = NonNullable<LabelFigures['reliability']>['bins'];

function binMark(area: PlotArea, bin: Bins[number]): Markup {
  const x = area.x(bin.meanScore);
  return html`<g class="point"><path d="${path(area, [
    [bin.meanScore, bin.interval[0]],
    [bin.meanScore, bin.interval[1]],
  ])}"/><circle cx="${round(x)}" cy="${round(area.y(bin.observed))}" r="4"/></g>
<text class="note" x="${round(area.x((bin.low + bin.high) / 2))}" y="${area.top + 10}" text-anchor="middle">${bin.count}</text>`;
}

/** Observed share against mean score of each bin, with Wilson's interval and the count above. */
export function reliabilityPlot(bins: Bins): Markup {
  const told = bins
    .map((bin) => `${decimal(bin.meanScore, 2)}: ${bin.positives} of ${bin.count}`)
    .join('; ');
  const options = {
    description: `Reliability: share with the finding by mean score. ${told}`,
    x: { label: 'score (mean of the bin)', from: 0, to: 1, ticks: UNIT_TICKS },
    y: { label: 'share with the finding', from: 0, to: 1, ticks: UNIT_TICKS },
  };
  return drawPlot(options, (area) => [
    html`<path class="chance" d="${path(area, [
      [0, 0],
      [1, 1],
    ])}"/>`,
    html`<path class="curve thin" d="${path(
      area,
      bins.map((bin) => [bin.meanScore, bin.observed]),
    )}"/>`,
    html`${bins.map((bin) => binMark(area, bin))}`,
  ]);
}

function bars(area: PlotArea, counts: readonly number[], kind: string): Markup {
  const width = (area.right - area.left) / counts.length;
  return html`<g class="${kind}">${counts.map((count, index) => {
    if (count === 0) return html``;
    // Side by side within the bin, so that neither hides the other.
    const x = area.left + width * (index + (kind === 'negative' ? 0.06 : 0.5));
    const y = area.y(count);
    return html`<rect x="${round(x)}" y="${round(y)}" width="${round(width * 0.44)}" height="${round(area.bottom - y)}"/>`;
  })}</g>`;
}

/** How the scores of either truth are spread, and where the thresholds lie. */
export function histogramPlot({ histogram, points }: LabelFigures): Markup {
  const largest = Math.max(1, ...histogram.positives, ...histogram.negatives);
  const ticks = ticksUpTo(largest, 1);
  const list = (counts: readonly number[]) => counts.join(', ');
  const options = {
    description: `Scores in twenty bins from 0 to 1. With the finding: ${list(histogram.positives)}. Without: ${list(histogram.negatives)}.`,
    x: { label: 'score', from: 0, to: 1, ticks: UNIT_TICKS },
    y: { label: 'images', from: 0, to: Math.max(largest, ticks.at(-1) ?? 1), ticks },
  };
  return drawPlot(options, (area) => [
    bars(area, histogram.negatives, 'negative'),
    bars(area, histogram.positives, 'positive'),
    html`${points.map((point, index) => {
      const x = round(area.x(point.threshold));
      const isRight = point.threshold > 0.6;
      return html`<g class="threshold"><line x1="${x}" x2="${x}" y1="${area.top}" y2="${area.bottom}"/><text x="${x + (isRight ? -4 : 4)}" y="${area.top + 10 + index * 14}" text-anchor="${isRight ? 'end' : 'start'}">${point.id} ${thresholdText(point.threshold)}</text></g>`;
    })}`,
  ]);
}
