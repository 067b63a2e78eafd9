import type { ComparisonSide, ModelComparison } from '#contracts/model-comparison.ts';
import type { Proportion } from '#contracts/quality.ts';
import { formatDecimal, formatEstimate, formatProportion, formatShare } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { MODEL_TEXT as T } from './model-text.ts';

/** A name, and a figure or one for each of the two. */
export type FigureRow = readonly [name: string, ...figures: string[]];

/** `12 of 80: 15% (9 to 24)` */
export function describeShare({ count, total, estimate, interval }: Proportion): string {
  return total === 0
    ? TEXT.unknown
    : `${formatShare(count, total)}: ${formatProportion(estimate, interval)}`;
}

function milliseconds(value: ComparisonSide['networkMs']): string {
  return value === null
    ? TEXT.unknown
    : `${formatDecimal(value.median, 1)} (${formatDecimal(value.p95, 1)})`;
}

function describeOutcomes({ declined, notAnalysed, failed }: ComparisonSide): string {
  const some = T.outcomeWords
    .map((word, index) => [[declined, notAnalysed, failed][index] ?? 0, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return some.length === 0 ? T.everyOne : some.join(', ');
}

/** Of both, side by side. */
export function besideRows({ a, b, flaggedA, flaggedB, readers }: ModelComparison): FigureRow[] {
  const { confirmedFlaggedA: found, unconfirmedFlaggedA: other } = readers;
  return [
    [T.flagged, describeShare(flaggedA), describeShare(flaggedB)],
    ...(readers.signed === 0
      ? []
      : ([
          [
            T.confirmed(found.total),
            describeShare(found),
            describeShare(readers.confirmedFlaggedB),
          ],
          [
            T.unconfirmed(other.total),
            describeShare(other),
            describeShare(readers.unconfirmedFlaggedB),
          ],
        ] satisfies FigureRow[])),
    [T.milliseconds, milliseconds(a.networkMs), milliseconds(b.networkMs)],
    [T.outcomes, describeOutcomes(a), describeOutcomes(b)],
  ];
}

function points(share: number): string {
  return formatDecimal(100 * share, 1);
}

/** How the two fall together. */
export function togetherRows({ agreement, places, raised }: ModelComparison): FigureRow[] {
  if (agreement === null) return [];
  const { kappa, difference, differenceInterval, mcNemarP, kappaInterval } = agreement;
  const [low, high] = differenceInterval;
  // The report tells A minus B; what B would add is what is asked here.
  const [more, from, to] = [points(-difference), points(-high), points(-low)];
  return [
    [T.observed, T.percent(points(agreement.observed))],
    [T.kappa, kappa === null ? T.undefinedKappa : formatEstimate(kappa, kappaInterval, 2)],
    [T.difference, T.pointsMore(more, from, to)],
    [T.mcNemar, mcNemarP < 0.001 ? `< ${formatDecimal(0.001, 3)}` : formatDecimal(mcNemarP, 3)],
    [T.raised, T.raisedBy(raised.both + raised.onlyA, raised.both + raised.onlyB)],
    [T.places, T.moved(places.earlier, places.later, places.windowMinutes / 60)],
  ];
}
