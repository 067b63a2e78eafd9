import type {
  CompletenessRule,
  CompletenessRules,
  Demand,
  StudyMatch,
} from '#core/completeness/rule.ts';
import { print, printTable } from '../output.ts';
import type { StudyVerdict } from './judge-study.ts';

function plural(count: number, word: string): string {
  const words = word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
  return `${count} ${count === 1 || word === 'series' ? word : words}`;
}

function describeMatch(match: StudyMatch): string {
  const parts = Object.entries(match).flatMap(([key, values]) =>
    values === undefined ? [] : [`${key} ${values.join('|')}`],
  );
  return parts.length === 0 ? 'every study' : parts.join(', ');
}

function describeDemand(demand: Demand): string {
  const views = demand.views?.map((alternatives) =>
    alternatives
      .map(({ view, laterality }) => (laterality === undefined ? view : `${laterality} ${view}`))
      .join('|'),
  );
  const series = demand.series?.map(
    ({ images, ...match }) => `series ${describeMatch(match)} of ${plural(images, 'image')}`,
  );
  const parts = [
    demand.images === undefined ? [] : plural(demand.images, 'image'),
    demand.imagesFrom ?? [],
    demand.contiguousNumbers === true ? 'numbers without a gap' : [],
    views === undefined ? [] : `views ${views.join(', ')}`,
    series ?? [],
  ].flat();
  return parts.length === 0 ? '-' : parts.join('; ');
}

function describeSignals({ signals }: CompletenessRule): string {
  const names = [
    signals.instanceAvailability ? 'IAN' : [],
    signals.mpps ? 'MPPS' : [],
    signals.associationReleased ? 'release' : [],
  ].flat();
  return names.length === 0 ? '-' : names.join(', ');
}

/** The rules in the order in which they are tried, with what each takes over from the defaults. */
export function printRules(rules: CompletenessRules): void {
  const heading = ['rule', 'for', 'demands', 'settle', 'trusts', 'grace', 'quiet', 'longest wait'];
  printTable([
    heading,
    ...[...rules.rules, rules.otherwise].map((rule) => [
      rule.name,
      describeMatch(rule.match),
      describeDemand(rule.demand),
      `${rule.settleSeconds} s`,
      describeSignals(rule),
      `${rule.graceSeconds} s`,
      rule.quietSeconds === undefined ? 'of modality' : `${rule.quietSeconds} s`,
      `${rule.longestWaitMinutes} min`,
    ]),
  ]);
}

function describeAfter(seconds: number): string {
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}

/** What would have happened to one study, for people. */
export function printVerdict(study: StudyVerdict): void {
  const { modalities, series, images, objects } = study;
  const held = [plural(series, 'series'), plural(images, 'image')];
  if (objects > 0) held.push(plural(objects, 'other object'));
  print(`study ${study.studyInstanceUid}: ${modalities.join('/')}, ${held.join(', ')}`);
  print(`  rule      ${study.rule}`);
  for (const { rule, why } of study.notMatched) print(`            not ${rule}: ${why}`);
  for (const { met, words } of study.demands)
    print(`  demand    ${met ? 'met:    ' : 'MISSING:'} ${words}`);
  study.closings.forEach(({ afterSeconds, images: here, by, reason, rule }, index) => {
    const label = index === 0 ? 'complete' : 'reopened';
    const who = rule === study.rule ? '' : `, rule ${rule}`;
    print(
      `  ${label}  ${describeAfter(afterSeconds)} after the first image with ${here} of ${images}, by ${by}${who}: ${reason}`,
    );
  });
  print(`  outcome   ${study.outcome}: ${study.outcomeReason}`);
  const { priority, source, longestWaitMinutes } = study.order;
  print(`  order     ${priority}: ${source}; at most ${longestWaitMinutes} min`);
  if (study.models.length === 0) print('  models    none takes any of its images');
  for (const { id, version, images: taken, declines } of study.models) {
    const declined = declines.length === 0 ? '' : `; declines others: ${declines.join(', ')}`;
    print(`  models    ${id} ${version} takes ${plural(taken, 'image')}${declined}`);
  }
}

/** The last line: what was looked at, and what was not. */
export function printSum(found: { studies: number; others: number; unreadable: number }): void {
  const { studies, others, unreadable } = found;
  const parts = [plural(studies, 'study')];
  if (others > 0) parts.push(`${plural(others, 'file')} not DICOM`);
  if (unreadable > 0) parts.push(`${plural(unreadable, 'file')} not to be read`);
  print(`\n${parts.join(', ')}`);
}
