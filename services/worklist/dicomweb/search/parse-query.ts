import { RadTriageError } from '#core/errors.ts';
import { findKeyword } from '#dicom/attributes/dictionary.ts';
import { findQueryKey, isWithin, type Level, type QueryKey } from './query-keys.ts';
import { readValues } from './query-values.ts';

/** One key and what it has to be; no value that matches everything. */
export interface Match {
  readonly key: QueryKey;
  /** More than one only for UIDs and ModalitiesInStudy. */
  readonly values: readonly string[];
}

export interface SearchQuery {
  readonly level: Level;
  readonly matches: readonly Match[];
  readonly limit: number;
  readonly offset: number;
  readonly fuzzy: boolean;
  /** Tags that are wanted besides those that are always given. */
  readonly include: 'all' | ReadonlySet<string>;
  /** What the asker has to be told of, for the Warning header; none of what was typed but names of attributes. */
  readonly warnings: readonly string[];
}

export type QueryParameters = Readonly<Record<string, string | readonly string[]>>;

const MAX_RESULTS = 1000;
const DEFAULT_LIMIT = 100;
/** What DICOMweb of other products knows and nobody need be refused for. */
const CONTROLS = new Set([
  'limit',
  'offset',
  'includefield',
  'fuzzymatching',
  'emptyvaluematching',
  'multiplevaluematching',
]);

function refuse(parameter: string, why: string): RadTriageError {
  return new RadTriageError('REQUEST_INVALID', `${parameter}: ${why}`, { details: { parameter } });
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function readCount(parameters: QueryParameters, name: 'limit' | 'offset', absent: number): number {
  const values = listOf(parameters[name] ?? String(absent));
  const [text = ''] = values;
  if (values.length !== 1 || !/^\d{1,9}$/.test(text)) throw refuse(name, 'one number, 0 or more');
  return Number(text);
}

function readSwitch(parameters: QueryParameters, name: string): boolean {
  const values = listOf(parameters[name] ?? 'false');
  const [text = ''] = values;
  if (values.length !== 1 || !/^(true|false)$/.test(text)) throw refuse(name, 'true or false');
  return text === 'true';
}

/** The tag that a name of an attribute means, its sequence alone where it is a path. */
function tagOf(name: string): string | undefined {
  const [first = ''] = name.split('.');
  if (/^[0-9A-Fa-f]{8}$/.test(first)) return first.toUpperCase();
  return findKeyword(first);
}

function readInclude(parameters: QueryParameters, warnings: string[]): SearchQuery['include'] {
  const names = listOf(parameters['includefield'] ?? []).flatMap((value) => value.split(','));
  const tags = new Set<string>();
  let isAll = false;
  for (const name of names.map((each) => each.trim()).filter((each) => each !== '')) {
    if (name === 'all') isAll = true;
    const tag = tagOf(name);
    if (tag !== undefined) tags.add(tag);
    else if (name !== 'all') warnings.push(`includefield ${printable(name)} is not known`);
  }
  return isAll ? 'all' : tags;
}

/** Of what was typed no more goes into a header than a name can be. */
function printable(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.]/g, '?').slice(0, 64);
}

/**
 * Reads the query parameters of a search (PS3.18 8.3.4). A key that DICOM has and that cannot be searched by here is
 * left out of the search, and said in a warning; a name that DICOM does not have is refused.
 * @throws RadTriageError REQUEST_INVALID naming the parameter, never its value
 */
export function parseQuery(level: Level, parameters: QueryParameters): SearchQuery {
  const warnings: string[] = [];
  const matches: Match[] = [];
  const seen = new Set<QueryKey>();
  for (const [name, value] of Object.entries(parameters)) {
    if (CONTROLS.has(name)) continue;
    const key = findQueryKey(name);
    if (key === undefined && tagOf(name) === undefined) {
      throw refuse(printable(name), 'no parameter of a search, and no attribute of DICOM');
    }
    if (key === undefined || !isWithin(key.level, level) || key.matching === 'count') {
      warnings.push(`${printable(name)} cannot be searched by here and was left out of the search`);
      continue;
    }
    if (seen.has(key)) throw refuse(key.keyword, 'is there twice');
    seen.add(key);
    const values = readValues(key, listOf(value));
    if (values.length > 0) matches.push({ key, values });
  }
  for (const name of ['emptyvaluematching', 'multiplevaluematching']) {
    if (readSwitch(parameters, name)) warnings.push(`${name} is not supported`);
  }
  return {
    level,
    matches,
    limit: Math.min(readCount(parameters, 'limit', DEFAULT_LIMIT), MAX_RESULTS),
    offset: readCount(parameters, 'offset', 0),
    fuzzy: readSwitch(parameters, 'fuzzymatching'),
    include: readInclude(parameters, warnings),
    warnings,
  };
}
