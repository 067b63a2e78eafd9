import type { ModelComparison } from '#contracts/model-comparison.ts';
import type { Proportion } from '#contracts/quality.ts';

/** The report in words, for the terminal and the page that stands alone. Scores are scores, never probabilities. */

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** `12 of 80, 15.0% (8.8% to 24.4%)` */
export function describeProportion({ count, total, estimate, interval }: Proportion): string {
  if (estimate === null || interval === null) return `${count} of ${total}`;
  return `${count} of ${total}, ${percent(estimate)} (${percent(interval[0])} to ${percent(interval[1])})`;
}

function describeMilliseconds(value: ModelComparison['a']['networkMs']): string {
  return value === null ? '-' : `${value.median.toFixed(1)} (${value.p95.toFixed(1)})`;
}

function describeAgreement({ agreement }: ModelComparison): [string, string][] {
  if (agreement === null) return [];
  const { observed, kappa, kappaInterval, difference, differenceInterval, mcNemarP } = agreement;
  const range = kappaInterval?.map((end) => end.toFixed(3)).join(' to ') ?? '';
  const [low, high] = differenceInterval;
  return [
    ['Same word', percent(observed)],
    ["Cohen's kappa (95%)", kappa === null ? 'undefined' : `${kappa.toFixed(3)} (${range})`],
    [
      'Flag rate of A minus B (95%)',
      `${percent(difference)} (${percent(low)} to ${percent(high)})`,
    ],
    ["McNemar's exact test", `p ${mcNemarP < 0.001 ? '< 0.001' : mcNemarP.toFixed(3)}`],
  ];
}

/** Rows of one figure each, for both as a whole. */
export function describeTogether(report: ModelComparison): [string, string][] {
  const { flags, raised, places, readers } = report;
  const { earlier, later, largestGain, largestLoss, windowMinutes } = places;
  return [
    ['Studies that A saw, B saw, both saw', Object.values(report.seen).join(', ')],
    ['Analysed by both', String(report.compared)],
    ['Flagged by both, A alone, B alone, neither', Object.values(flags).join(', ')],
    ...describeAgreement(report),
    ['Raised by both, A alone, B alone, neither', Object.values(raised).join(', ')],
    [
      'Place in the list on arrival with B',
      `${earlier} earlier (by ${largestGain} at most), ${later} later (by ${largestLoss} at most); among those of the ${windowMinutes / 60} hours before`,
    ],
    ['Read and signed', String(readers.signed)],
  ];
}

/** Rows of a figure for A and for B. */
export function describeBeside(report: ModelComparison): [string, string, string][] {
  const { a, b, readers } = report;
  const confirmed = readers.confirmedFlaggedA.total;
  const unconfirmed = readers.unconfirmedFlaggedA.total;
  return [
    ['Model', `${a.modelId} ${a.version}`, `${b.modelId} ${b.version}`],
    ['Role when it ran', a.roles.join(', ') || '-', b.roles.join(', ') || '-'],
    ['Flagged', describeProportion(report.flaggedA), describeProportion(report.flaggedB)],
    [
      `Of ${confirmed} studies that readers confirmed, flagged`,
      describeProportion(readers.confirmedFlaggedA),
      describeProportion(readers.confirmedFlaggedB),
    ],
    [
      `Of ${unconfirmed} in which readers confirmed nothing, flagged`,
      describeProportion(readers.unconfirmedFlaggedA),
      describeProportion(readers.unconfirmedFlaggedB),
    ],
    [
      'Outside intended use, not analysed, failed',
      `${a.declined}, ${a.notAnalysed}, ${a.failed}`,
      `${b.declined}, ${b.notAnalysed}, ${b.failed}`,
    ],
    [
      'Network, ms a study: median (p95)',
      describeMilliseconds(a.networkMs),
      describeMilliseconds(b.networkMs),
    ],
    [
      'With decoding, ms a study: median (p95)',
      describeMilliseconds(a.totalMs),
      describeMilliseconds(b.totalMs),
    ],
  ];
}
