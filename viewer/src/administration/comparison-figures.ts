import type { ComparisonSide, ModelComparison } from '#contracts/model-comparison.ts';
import type { Proportion } from '#contracts/quality.ts';
import { formatProportion } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { MODEL_TEXT as T } from './model-text.ts';

/** A name, and a figure or one for each of the two. */
export type FigureRow = readonly [name: string, ...figures: string[]];

/** `12 of 80: 15% (9 to 24)` */
export function describeShare({ count, total, estimate, interval }: Proportion): string {
  return total === 0
    ? TEXT.unknown
    : `${count} of ${total}: ${formatProportion(estimate, interval)}`;
}

function milliseconds(value: ComparisonSide['networkMs']): string {
  return value === null ? TEXT.unknown : `${value.median.toFixed(1)} (${value.p95.toFixed(1)})`;
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
  return (100 * share).toFixed(1);
}

/** How the two fall together. */
export function togetherRows({ agreement, places, raised }: ModelComparison): FigureRow[] {
  if (agreement === null) return [];
  const { difference, differenceInterval, mcNemarP, kappaInterval } = agreement;
  const range = kappaInterval?.map((end) => end.toFixed(2)).join(' to ');
  const kappa = agreement.kappa?.toFixed(2);
  const [low, high] = differenceInterval;
  // The report tells A minus B; what B would add is what is asked here.
  const [more, from, to] = [points(-difference), points(-high), points(-low)];
  return [
    [T.observed, `${points(agreement.observed)}%`],
    [T.kappa, kappa === undefined ? T.undefinedKappa : `${kappa} (${range})`],
    [T.difference, T.pointsMore(more, from, to)],
    [T.mcNemar, mcNemarP < 0.001 ? '< 0.001' : mcNemarP.toFixed(3)],
    [T.raised, T.raisedBy(raised.both + raised.onlyA, raised.both + raised.onlyB)],
    [T.places, T.moved(places.earlier, places.later, places.windowMinutes / 60)],
  ];
}
