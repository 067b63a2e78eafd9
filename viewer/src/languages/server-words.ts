import type { ErrorCode } from '#core/errors.ts';
import { formatDecimal, formatDicomDate, formatInstant } from '../design/format.ts';
import { translated } from './language.ts';
import { type Sentence, translateWith } from './sentences.ts';

const NO_ERRORS: Partial<Readonly<Record<ErrorCode, string>>> = {};
const NO_SENTENCES: readonly Sentence[] = [];

/** What a language says for the words of the server, which are English. */
export const SERVER_WORDS = translated('SERVER_WORDS', {
  errors: NO_ERRORS,
  sentences: NO_SENTENCES,
});

function writeNumber(number: string): string {
  const [value = '', unit] = number.split(' ');
  const decimals = value.split('.')[1]?.length ?? 0;
  const own = formatDecimal(Number(value.replaceAll(',', '')), decimals);
  return unit === undefined ? own : `${own} ${unit}`;
}

function writeDate(iso: string): string {
  if (iso.includes('T')) return formatInstant(iso);
  return formatDicomDate(iso.replaceAll('-', '')) ?? iso;
}

const translate = translateWith(SERVER_WORDS.sentences, { number: writeNumber, date: writeDate });

/** Rows of the worklist say the same again and again. */
const MAX_KNOWN = 2000;
const known = new Map<string, string>();

/** A sentence of the server in the language of the page, or as it is where there is no translation. */
export function fromServer(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  const [, code = '', detail = ''] = /^([A-Z][A-Z_]+): (.+)$/s.exec(text) ?? [];
  const own = code in SERVER_WORDS.errors ? failureFromServer(code, detail) : translate(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, own);
  return own;
}

/** An error of the server: by its code, with the English detail behind it where that has no translation. */
export function failureFromServer(code: string, message: string): string {
  const word = Object.entries(SERVER_WORDS.errors).find(([known]) => known === code)?.[1];
  const own = translate(message);
  return word === undefined || own !== message ? own : `${word} (${message})`;
}
