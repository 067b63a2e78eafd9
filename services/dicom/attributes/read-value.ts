import type { DicomTextDecoder } from '../charsets/text-decoder.ts';
import type { AttributeRow } from './attribute-table.ts';
import { isAgeString, isDate, isTime, isTimezoneOffset } from './date-values.ts';
import {
  latin1,
  parseDecimal,
  parseInteger,
  readBinaryNumbers,
  valueBytes,
} from './element-values.ts';
import type { DataSet, Element } from './parse-elements.ts';

export interface ReadValue {
  readonly value?: string | number | readonly string[] | readonly number[];
  /** Why there is no value though the element has bytes; never holds any of them. */
  readonly problem?: string;
}

interface Place {
  readonly dataSet: DataSet;
  readonly element: Element;
  readonly row: AttributeRow;
  readonly decoder: DicomTextDecoder;
}

const TIMEZONE_OFFSET = 0x00080201;
const MAX_VALUES = 1024;
/** The longest PN has three groups of 64 characters, with escapes: what is far beyond is no name, and costs decoding. */
const MAX_TEXT_BYTES = 4096;

/** Reads one attribute by its row of the table. The VR that the element claims is not believed, its length is. */
export function readValue(place: Place): ReadValue {
  const { kind } = place.row;
  if (kind === 'US' || kind === 'US or SS') return readShort(place);
  if (kind === 'decimals') return readDecimals(place);
  if (kind === 'texts') return readTexts(place);
  if (kind === 'LO' || kind === 'SH' || kind === 'PN') return readText(place);
  const text = firstAscii(place);
  if (text === '') return {};
  if (kind === 'UI' || kind === 'CS') return { value: text };
  if (kind === 'IS') return orProblem(parseInteger(text), 'no integer');
  if (kind === 'DS') return orProblem(parseDecimal(text), 'no decimal number');
  if (kind === 'DA') return readDate(text);
  if (kind === 'TM') return isTime(text) ? { value: text } : { problem: 'no time' };
  return isAgeString(text) ? { value: text } : { problem: 'no age' };
}

function orProblem(value: number | undefined, problem: string): ReadValue {
  return value === undefined ? { problem } : { value };
}

function firstAscii({ dataSet, element }: Place): string {
  const all = latin1(valueBytes(dataSet, element));
  const end = all.indexOf('\\');
  const first = end < 0 ? all : all.slice(0, end);
  return (first.includes('\u0000') ? first.replaceAll('\u0000', ' ') : first).trim();
}

function readShort({ dataSet, element, row }: Place): ReadValue {
  const vr = row.kind === 'US' || element.vr !== 'SS' ? 'US' : 'SS';
  // A US sent as UL is the known way to an overflow: two bytes, or it is not read at all.
  if (element.length !== 2) return { problem: 'not two bytes' };
  const value = readBinaryNumbers(dataSet, element, vr)?.[0];
  return typeof value === 'number' ? { value } : { problem: 'no number' };
}

function readDecimals({ dataSet, element }: Place): ReadValue {
  const text = latin1(valueBytes(dataSet, element)).replaceAll('\u0000', ' ');
  const values = text.split('\\', MAX_VALUES).map((part) => parseDecimal(part.trim()));
  const numbers = values.filter((value) => value !== undefined);
  if (numbers.length < values.length) return { problem: 'no decimal numbers' };
  return { value: numbers };
}

function readTexts({ dataSet, element, row, decoder }: Place): ReadValue {
  if (element.length > MAX_TEXT_BYTES) return { problem: 'too long' };
  const values = decoder.decodeValues(valueBytes(dataSet, element), row.vr ?? 'LO');
  return { value: values.slice(0, MAX_VALUES) };
}

function readText({ dataSet, element, row, decoder }: Place): ReadValue {
  if (element.length > MAX_TEXT_BYTES) return { problem: 'too long' };
  const [value] = decoder.decodeValues(valueBytes(dataSet, element), row.kind);
  if (value === undefined || value === '') return {};
  if (row.tag === TIMEZONE_OFFSET && !isTimezoneOffset(value)) return { problem: 'no offset' };
  return { value };
}

function readDate(text: string): ReadValue {
  // ACR-NEMA wrote 1999.12.31; PS3.5 table 6.2-1 asks that it still be read.
  const date = text.replace(/^(\d{4})\.(\d{2})\.(\d{2})$/, '$1$2$3');
  return isDate(date) ? { value: date } : { problem: 'no date' };
}
