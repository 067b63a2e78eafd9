import type { ErrorCode } from '#core/errors.ts';
import { formatDecimal, formatDicomDate, formatInstant } from '../design/format.ts';
import { translated } from './language.ts';

/** How numbers and dates within a sentence are written. */
export interface Writing {
  /** @param number as the server writes it, with a unit or none: `1,234`, `0.91`, `90 s` */
  readonly number: (number: string) => string;
  /** @param iso a date or an instant, ISO 8601 */
  readonly date: (iso: string) => string;
}

const NO_ERRORS: Partial<Readonly<Record<ErrorCode, string>>> = {};

/** What a language says for the words of the server, which are English. */
export const SERVER_WORDS = translated('SERVER_WORDS', {
  errors: NO_ERRORS,
  sentence: (english: string, _writing: Writing) => english,
});

const WRITING: Writing = {
  number: (number) => {
    const [value = '', unit] = number.split(' ');
    const decimals = value.split('.')[1]?.length ?? 0;
    const own = formatDecimal(Number(value.replaceAll(',', '')), decimals);
    return unit === undefined ? own : `${own} ${unit}`;
  },
  date: (iso) =>
    iso.includes('T') ? formatInstant(iso) : (formatDicomDate(iso.replaceAll('-', '')) ?? iso),
};

/** Rows of the worklist say the same again and again. */
const MAX_KNOWN = 2000;
const known = new Map<string, string>();

/** A sentence of the server in the language of the page, or as it is where there is no translation. */
export function fromServer(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  const [, code = '', detail = ''] = /^([A-Z][A-Z_]+): (.+)$/s.exec(text) ?? [];
  const own =
    code in SERVER_WORDS.errors
      ? failureFromServer(code, detail)
      : SERVER_WORDS.sentence(text, WRITING);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, own);
  return own;
}

/** An error of the server: by its code, with the English detail behind it where that has no translation. */
export function failureFromServer(code: string, message: string): string {
  const word = Object.entries(SERVER_WORDS.errors).find(([each]) => each === code)?.[1];
  const own = SERVER_WORDS.sentence(message, WRITING);
  return word === undefined || own !== message ? own : `${word} (${message})`;
}
