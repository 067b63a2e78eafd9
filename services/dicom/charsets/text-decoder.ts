import { type ByteCodec, decodeBytes, decodeStrictUtf8 } from './byte-codecs.ts';
import { DEFAULT_G0, findCharacterSet, type GraphicSet } from './character-sets.ts';
import { Iso2022Decoder, type Iso2022Settings } from './iso2022-decoder.ts';

/** VRs that SpecificCharacterSet applies to (PS3.5 6.1.2.3). */
export const EXTENDED_VRS: ReadonlySet<string> = new Set([
  'LO',
  'LT',
  'PN',
  'SH',
  'ST',
  'UC',
  'UT',
]);
/** Of these, the ones in which a backslash is an ordinary character (PS3.5 table 6.2-1). */
const SINGLE_VALUED_VRS = new Set(['LT', 'ST', 'UT', 'UR']);

const CONTROL_RESETS = [0x09, 0x0a, 0x0c, 0x0d];
const BACKSLASH = 0x5c;
const CARET = 0x5e;
const EQUALS = 0x3d;

const VALUE_RESETS: ReadonlySet<number> = new Set([...CONTROL_RESETS, BACKSLASH]);
const NAME_RESETS: ReadonlySet<number> = new Set([...VALUE_RESETS, CARET, EQUALS]);
const TEXT_RESETS: ReadonlySet<number> = new Set(CONTROL_RESETS);

/** Bytes after which the initial sets of a text of this VR hold again: PS3.5 6.1.2.5.3. */
export function resetBytesOf(vr: string): ReadonlySet<number> {
  if (vr === 'PN') return NAME_RESETS;
  return separatesValues(vr) ? VALUE_RESETS : TEXT_RESETS;
}

/** Whether a backslash parts the values of an element of this VR. */
export function separatesValues(vr: string): boolean {
  return !SINGLE_VALUED_VRS.has(vr);
}

/**
 * Decodes the text of one data set by its SpecificCharacterSet (0008,0005). It never throws: what it had to guess is
 * added to `problems` (without any of the text).
 */
export interface DicomTextDecoder {
  /** The values of an element, split at backslashes where its VR allows several, padding removed. */
  decodeValues(bytes: Uint8Array, vr: string): string[];
  readonly problems: readonly string[];
}

type Coding =
  | { readonly kind: 'whole'; readonly codec: ByteCodec }
  | {
      readonly kind: 'iso2022';
      readonly initialG0: GraphicSet;
      readonly initialG1: GraphicSet | undefined;
      readonly assumedG1: GraphicSet | undefined;
    }
  | { readonly kind: 'guess' };

/**
 * @param specificCharacterSet the values of (0008,0005) in their order; empty or absent is the default repertoire
 */
export function createTextDecoder(specificCharacterSet: readonly string[] = []): DicomTextDecoder {
  const problems = new Set<string>();
  const coding = chooseCoding(specificCharacterSet, problems);
  return {
    decodeValues(bytes, vr) {
      const single = !separatesValues(vr);
      const text = EXTENDED_VRS.has(vr)
        ? decodeExtended(bytes, { coding, vr, problems })
        : decodeBytes(bytes, 'iso-8859-1');
      // Splitting after decoding is safe: no double-byte set maps a pair to U+005C.
      const values = single ? [text] : text.split('\\');
      return values.map((value) => trimPadding(value, single));
    },
    get problems() {
      return [...problems];
    },
  };
}

function chooseCoding(terms: readonly string[], problems: Set<string>): Coding {
  if (terms.length === 0 || (terms.length === 1 && terms[0]?.trim() === ''))
    return { kind: 'guess' };
  const named = terms.map((term) => findCharacterSet(term));
  if (named.some((set) => set.kind === 'unknown')) {
    problems.add('SpecificCharacterSet names an unknown set');
  }
  const [first, ...others] = named;
  const whole = first?.kind === 'unknown' ? others.find((set) => set.kind === 'whole') : first;
  if (whole?.kind === 'whole') {
    if (others.length > 0)
      problems.add('SpecificCharacterSet extends a set that takes no extension');
    return { kind: 'whole', codec: whole.codec };
  }
  const known = named.filter((set) => set.kind === 'iso2022');
  if (known.length === 0) return { kind: 'guess' };
  const initial = first?.kind === 'iso2022' ? first.set : {};
  // A multi-byte set in first place cannot be the initial G0: delimiters would not be seen. Escapes switch to it.
  const g0 = initial.g0 === undefined || initial.g0.kind === 'double' ? DEFAULT_G0 : initial.g0;
  return {
    kind: 'iso2022',
    initialG0: g0.kind === 'jisx0212' ? DEFAULT_G0 : g0,
    initialG1: initial.g1,
    assumedG1: known.find((set) => set.set.g1 !== undefined)?.set.g1,
  };
}

interface Extended {
  readonly coding: Coding;
  readonly vr: string;
  readonly problems: Set<string>;
}

function decodeExtended(bytes: Uint8Array, { coding, vr, problems }: Extended): string {
  const romaji = coding.kind === 'iso2022' && coding.initialG0.kind === 'romaji';
  if (!romaji && isPlain(bytes)) return decodeBytes(bytes, 'ascii');
  if (coding.kind === 'whole') {
    const text = decodeBytes(bytes, coding.codec);
    if (text.includes('\ufffd')) problems.add('text does not fit SpecificCharacterSet');
    return text;
  }
  if (coding.kind === 'guess') {
    const utf8 = decodeStrictUtf8(bytes);
    problems.add('text above 0x7F without a usable SpecificCharacterSet');
    if (utf8 !== undefined && !bytes.includes(0x1b)) return utf8;
  }
  const settings: Iso2022Settings = {
    ...(coding.kind === 'iso2022'
      ? coding
      : { initialG0: DEFAULT_G0, initialG1: undefined, assumedG1: undefined }),
    resets: resetBytesOf(vr),
    backslashSeparates: separatesValues(vr),
  };
  const decoder = new Iso2022Decoder(settings);
  const text = decoder.decode(bytes);
  for (const fault of decoder.faults) problems.add(fault);
  return text;
}

/** ASCII without escape sequences reads the same in every set but JIS X 0201. */
function isPlain(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte >= 0x80 || byte === 0x1b) return false;
  }
  return true;
}

/** Trailing spaces and NULs are padding in all text VRs; leading spaces only where several values may stand. */
function trimPadding(value: string, keepLeading: boolean): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\u0000')) end -= 1;
  let start = 0;
  while (!keepLeading && start < end && value[start] === ' ') start += 1;
  return value.slice(start, end);
}
