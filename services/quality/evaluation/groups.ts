import { RadTriageError } from '#core/errors.ts';
import type { ScoreRecord } from './score-record.ts';

/** Lower ends of the age bands but the first. */
export const DEFAULT_AGE_BANDS: readonly number[] = [18, 40, 60, 80];
/** A variable with more values than this makes no groups: it is a name or a measure. */
const MOST_VALUES = 12;
export const UNKNOWN = 'not known';

/**
 * @param text such as 40,60
 * @throws RadTriageError REQUEST_INVALID unless the numbers rise
 */
export function parseAgeBands(text: string): number[] {
  const bands = text.split(',').map(Number);
  const rise = bands.every(
    (age, index) => Number.isInteger(age) && age > 0 && age > (bands[index - 1] ?? 0),
  );
  if (rise) return bands;
  throw new RadTriageError('REQUEST_INVALID', 'age bands are rising whole years, such as 18,40,60');
}

export function ageBand(age: number, bands: readonly number[]): string {
  const index = bands.findLastIndex((low) => age >= low);
  const [low, next] = [bands[index], bands[index + 1]];
  if (low === undefined) return `under ${bands[0]}`;
  return next === undefined ? `${low} and over` : `${low} to ${next - 1}`;
}

/** Years from `58`, or DICOM's `058Y`, `018M`. */
export function readAge(text: string): number | undefined {
  const match = /^0*(\d{1,3})(?:\.\d+)?([YMWD]?)$/.exec(text.trim());
  const years: Readonly<Record<string, number>> = { '': 1, Y: 1, M: 12, W: 52, D: 365 };
  if (match === null) return undefined;
  return Number(match[1]) / (years[match[2] ?? ''] ?? 1);
}

/** The groups of one image: the truth file's columns, and what the header says beside them. Ages become bands. */
export function groupsOf(
  columns: Readonly<Record<string, string>>,
  facts: ScoreRecord['facts'] | undefined,
  ageBands: readonly number[],
): Record<string, string> {
  const names = new Map(Object.keys(columns).map((name) => [name.toLowerCase(), name]));
  const groups: Record<string, string> = {};
  for (const [name, value] of Object.entries(columns)) {
    if (name.toLowerCase() !== 'age') groups[name] = value === '' ? UNKNOWN : value;
  }
  for (const name of ['view', 'sex', 'manufacturer', 'site'] as const) {
    if (!names.has(name)) groups[name] = facts?.[name] ?? UNKNOWN;
  }
  const ageColumn = names.get('age');
  const age = ageColumn === undefined ? facts?.ageYears : readAge(columns[ageColumn] ?? '');
  groups['age'] = age === undefined ? UNKNOWN : ageBand(age, ageBands);
  return groups;
}

export interface Variables {
  /** Those that make groups: two to twelve known values. */
  readonly used: readonly string[];
  /** Those with more values, which make none. */
  readonly leftOut: readonly string[];
}

export function chooseVariables(all: readonly Readonly<Record<string, string>>[]): Variables {
  const names = [...new Set(all.flatMap((groups) => Object.keys(groups)))];
  const known = (name: string) =>
    new Set(all.map((groups) => groups[name] ?? UNKNOWN).filter((value) => value !== UNKNOWN)).size;
  return {
    used: names.filter((name) => known(name) > 0 && known(name) <= MOST_VALUES),
    leftOut: names.filter((name) => known(name) > MOST_VALUES),
  };
}

/** Ages in their order, everything else by name, the unknown last. */
export function orderValues(values: Iterable<string>): string[] {
  const rank = (value: string) => (value === UNKNOWN ? 2 : value.startsWith('under ') ? 0 : 1);
  return [...new Set(values)].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true }),
  );
}
