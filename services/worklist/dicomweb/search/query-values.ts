import { RadTriageError } from '#core/errors.ts';
import type { QueryKey } from './query-keys.ts';

const MAX_TEXT = 1024;
const MAX_LIST = 16_384;
const UID = /^[0-9.]{1,64}$/;
const DATE = /^\d{8}$/;
const TIME = /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/;
const NUMBER = /^[+-]?\d{1,9}$/;

function refuse(key: QueryKey, why: string): RadTriageError {
  return new RadTriageError('REQUEST_INVALID', `${key.keyword}: ${why}`, {
    details: { parameter: key.keyword },
  });
}

/** Two ends of a range, either of them open (PS3.4 C.2.2.2.5); the same twice for a single value. */
export function readRange(value: string): { from: string; until: string } {
  const dash = value.indexOf('-');
  if (dash < 0) return { from: value, until: value };
  return { from: value.slice(0, dash), until: value.slice(dash + 1) };
}

function checkRange(key: QueryKey, value: string, form: RegExp, what: string): void {
  const { from, until } = readRange(value);
  const ends = [from, until].filter((end) => end !== '');
  if (ends.length === 0 || !ends.every((end) => form.test(end))) throw refuse(key, what);
}

function checkSingle(key: QueryKey, value: string): void {
  switch (key.matching) {
    case 'date':
      checkRange(
        key,
        value,
        DATE,
        'a date or a range of dates, YYYYMMDD-YYYYMMDD, either end open',
      );
      break;
    case 'time':
      checkRange(key, value, TIME, 'a time or a range of times, HHMMSS-HHMMSS, either end open');
      break;
    case 'number':
      if (!NUMBER.test(value)) throw refuse(key, 'a whole number');
      break;
    default:
      if (value.length > MAX_TEXT) throw refuse(key, `at most ${MAX_TEXT} characters`);
  }
}

/**
 * The values of a key, checked to be such as its VR allows; none for an empty value, which matches everything (PS3.4
 * C.2.2.2.3). Lists are separated by commas or backslashes (PS3.18 8.3.4.1).
 * @throws RadTriageError REQUEST_INVALID
 */
export function readValues(key: QueryKey, given: readonly string[]): string[] {
  const isList = key.matching === 'uid' || key.matching === 'modalities';
  if (given.length > 1 && !isList) throw refuse(key, 'is there twice');
  const text = given.join('\\');
  if (text.trim() === '' || text === '*') return [];
  if (text.length > MAX_LIST) throw refuse(key, 'too long');
  if (!isList) {
    // DA and TM come with colons from some clients (RFC 3339); everything else is taken as it is.
    const value = key.matching === 'time' ? text.replaceAll(':', '') : text.trim();
    checkSingle(key, value);
    return [value];
  }
  const values = text
    .split(/[,\\]/)
    .map((value) => value.trim())
    .filter((value) => value !== '');
  const isUid = key.matching === 'uid';
  if (isUid && !values.every((value) => UID.test(value))) throw refuse(key, 'UIDs');
  return values;
}
