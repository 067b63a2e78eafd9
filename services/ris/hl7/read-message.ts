import { MessageFault } from './message-fault.ts';

/** The delimiters that a message names in MSH-1 and MSH-2. */
interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escapeSign: string;
  readonly subcomponent: string;
}

export interface Segment {
  readonly name: string;
  /** Repetitions of a field, numbered as in the standard, as they are written. */
  repetitions(field: number): readonly string[];
  /** A component of the first repetition, its first subcomponent, without escapes; '' where there is none. */
  value(field: number, component?: number): string;
}

export interface Hl7Message {
  readonly header: Segment;
  /** In their order, MSH first. */
  readonly segments: readonly Segment[];
  /** A component of a repetition: its subcomponents, without escapes. */
  readonly split: (repetition: string, component: number) => readonly string[];
}

const MAX_SEGMENTS = 20_000;

function readDelimiters(text: string): Delimiters {
  if (!text.startsWith('MSH')) throw new MessageFault('AR', 'the message does not begin with MSH');
  const field = text[3] ?? '';
  const end = text.indexOf(field, 4);
  const signs = end === -1 ? text.slice(4, 10) : text.slice(4, end);
  const [component = '', repetition = '', escapeSign = '', subcomponent = ''] = signs;
  const all = [field, ...signs];
  const areSigns = all.every((sign) => /^[\x21-\x7e]$/.test(sign) && !/[A-Za-z0-9]/.test(sign));
  if (signs.length < 4 || signs.length > 5 || !areSigns || new Set(all).size < all.length) {
    throw new MessageFault('AR', 'MSH-1 and MSH-2 do not name the delimiters');
  }
  return { field, component, repetition, escapeSign, subcomponent };
}

/** Characters that stand for others (HL7 v2.5.1 2.7); highlighting and formatting are left out. */
function withoutEscapes(text: string, delimiters: Delimiters): string {
  const { escapeSign } = delimiters;
  if (!text.includes(escapeSign)) return text;
  const signs: Readonly<Record<string, string>> = {
    F: delimiters.field,
    S: delimiters.component,
    T: delimiters.subcomponent,
    R: delimiters.repetition,
    E: escapeSign,
  };
  const parts = text.split(escapeSign);
  let plain = '';
  for (let index = 0; index < parts.length; index += 1) {
    const part = parts[index] ?? '';
    const isSequence = index % 2 === 1 && index < parts.length - 1;
    if (!isSequence) {
      // A single escape sign that nothing follows is text.
      plain += index % 2 === 1 ? escapeSign + part : part;
      continue;
    }
    const hexadecimal = /^X((?:[0-9A-Fa-f]{2})+)$/.exec(part)?.[1];
    plain +=
      hexadecimal === undefined
        ? (signs[part] ?? '')
        : Buffer.from(hexadecimal, 'hex').toString('latin1');
  }
  return plain;
}

function readSegment(line: string, delimiters: Delimiters): Segment {
  const fields = line.split(delimiters.field);
  const name = fields[0] ?? '';
  // MSH-1 is the delimiter itself.
  const shift = name === 'MSH' ? 1 : 0;
  const raw = (field: number): string => fields[field - shift] ?? '';
  return {
    name,
    repetitions: (field) => (raw(field) === '' ? [] : raw(field).split(delimiters.repetition)),
    value: (field, component = 1) => {
      const [first = ''] = raw(field).split(delimiters.repetition);
      const [whole = ''] = (first.split(delimiters.component)[component - 1] ?? '').split(
        delimiters.subcomponent,
      );
      return withoutEscapes(whole, delimiters).trim();
    },
  };
}

/** @throws MessageFault when it is no HL7 v2 message */
export function readMessage(text: string): Hl7Message {
  const delimiters = readDelimiters(text);
  // A carriage return ends a segment; many systems send line feeds, or both.
  const lines = text.split(/\r\n|\r|\n/, MAX_SEGMENTS + 1).filter((line) => line !== '');
  if (lines.length > MAX_SEGMENTS)
    throw new MessageFault('AR', 'the message has too many segments');
  const segments = lines.map((line) => readSegment(line, delimiters));
  const [header] = segments;
  if (header === undefined) throw new MessageFault('AR', 'the message is empty');
  return {
    header,
    segments,
    split: (repetition, component) =>
      (repetition.split(delimiters.component)[component - 1] ?? '')
        .split(delimiters.subcomponent)
        .map((part) => withoutEscapes(part, delimiters).trim()),
  };
}
