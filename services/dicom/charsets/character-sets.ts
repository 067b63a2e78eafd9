import type { ByteCodec } from './byte-codecs.ts';

/**
 * How the bytes of one half of the code table (G0: 0x21-0x7E, G1: 0xA1-0xFE) are read while a set is designated to it.
 * - `single`: one byte a character, by the codec
 * - `romaji`: JIS X 0201 Latin (ASCII but for yen sign and overline)
 * - `katakana`: JIS X 0201 half-width katakana
 * - `double`: two bytes a character, by a codec that wants both with the high bit set
 * - `jisx0212`: the same behind the EUC single shift 0x8F
 */
export interface GraphicSet {
  readonly kind: 'single' | 'romaji' | 'katakana' | 'double' | 'jisx0212';
  readonly codec: ByteCodec;
}

const ASCII: GraphicSet = { kind: 'single', codec: 'ascii' };
const ROMAJI: GraphicSet = { kind: 'romaji', codec: 'ascii' };
const KATAKANA: GraphicSet = { kind: 'katakana', codec: 'ascii' };
const JIS_X_0208: GraphicSet = { kind: 'double', codec: 'euc-jp' };
const JIS_X_0212: GraphicSet = { kind: 'jisx0212', codec: 'euc-jp' };
const KS_X_1001: GraphicSet = { kind: 'double', codec: 'euc-kr' };
// GB 2312 is the first part of GB 18030; the larger table also reads what vendors put beyond it.
const GB_2312: GraphicSet = { kind: 'double', codec: 'gb18030' };

function latin(codec: ByteCodec): GraphicSet {
  return { kind: 'single', codec };
}

/** The sets that one defined term of SpecificCharacterSet brings (PS3.3 C.12.1.1.2, tables C.12-2 to C.12-5). */
export interface CharacterSet {
  readonly g0?: GraphicSet;
  readonly g1?: GraphicSet;
}

/** By ISO registration number, for `ISO_IR n` and `ISO 2022 IR n` alike. */
const BY_REGISTRATION: Readonly<Record<string, CharacterSet>> = {
  '6': { g0: ASCII },
  '13': { g0: ROMAJI, g1: KATAKANA },
  '14': { g0: ROMAJI },
  '58': { g0: ASCII, g1: GB_2312 },
  '87': { g0: JIS_X_0208 },
  '100': { g0: ASCII, g1: latin('iso-8859-1') },
  '101': { g0: ASCII, g1: latin('iso-8859-2') },
  '109': { g0: ASCII, g1: latin('iso-8859-3') },
  '110': { g0: ASCII, g1: latin('iso-8859-4') },
  '126': { g0: ASCII, g1: latin('iso-8859-7') },
  '127': { g0: ASCII, g1: latin('iso-8859-6') },
  '138': { g0: ASCII, g1: latin('iso-8859-8') },
  '144': { g0: ASCII, g1: latin('iso-8859-5') },
  '148': { g0: ASCII, g1: latin('iso-8859-9') },
  '149': { g0: ASCII, g1: KS_X_1001 },
  '159': { g0: JIS_X_0212 },
  '166': { g0: ASCII, g1: latin('iso-8859-11') },
  '203': { g0: ASCII, g1: latin('iso-8859-15') },
};

/** Codings of their own, without code extension: the whole value is decoded by one codec. */
const WHOLE: Readonly<Record<string, ByteCodec>> = {
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

export type NamedSet =
  | { readonly kind: 'iso2022'; readonly set: CharacterSet; readonly extended: boolean }
  | { readonly kind: 'whole'; readonly codec: ByteCodec }
  | { readonly kind: 'unknown' };

/** Spelling as modalities write it: `ISO_IR100`, `ISO-IR 100`, `ISO2022IR87`, `UTF-8`. */
const SPELLING = /^ISO[\s_-]*(2022)?[\s_-]*IR[\s_-]*(\d{1,3})$/i;

/** Looks up one value of SpecificCharacterSet; the empty value is ISO 2022 IR 6 (PS3.3 C.12.1.1.2). */
export function findCharacterSet(term: string): NamedSet {
  const trimmed = term.trim();
  if (trimmed === '') return { kind: 'iso2022', set: { g0: ASCII }, extended: true };
  const upper = trimmed.toUpperCase();
  if (upper === 'UTF-8' || upper === 'UTF8') return { kind: 'whole', codec: 'utf-8' };
  const match = SPELLING.exec(trimmed);
  const registration = match?.[2];
  const whole = WHOLE[registration === '192' ? 'ISO_IR 192' : upper];
  if (whole !== undefined) return { kind: 'whole', codec: whole };
  const set = registration === undefined ? undefined : BY_REGISTRATION[registration];
  if (set === undefined) return { kind: 'unknown' };
  return { kind: 'iso2022', set, extended: match?.[1] === '2022' };
}

export interface Designation {
  readonly half: 'g0' | 'g1';
  readonly set: GraphicSet;
}

/** What follows ESC, and what it designates (PS3.3 tables C.12-3 and C.12-4; ESC $ @ is the older JIS of 1978). */
const ESCAPES: Readonly<Record<string, Designation>> = {
  '(B': { half: 'g0', set: ASCII },
  '(J': { half: 'g0', set: ROMAJI },
  ')I': { half: 'g1', set: KATAKANA },
  $B: { half: 'g0', set: JIS_X_0208 },
  '$@': { half: 'g0', set: JIS_X_0208 },
  '$(D': { half: 'g0', set: JIS_X_0212 },
  '$)C': { half: 'g1', set: KS_X_1001 },
  '$)A': { half: 'g1', set: GB_2312 },
  '-A': { half: 'g1', set: latin('iso-8859-1') },
  '-B': { half: 'g1', set: latin('iso-8859-2') },
  '-C': { half: 'g1', set: latin('iso-8859-3') },
  '-D': { half: 'g1', set: latin('iso-8859-4') },
  '-F': { half: 'g1', set: latin('iso-8859-7') },
  '-G': { half: 'g1', set: latin('iso-8859-6') },
  '-H': { half: 'g1', set: latin('iso-8859-8') },
  '-L': { half: 'g1', set: latin('iso-8859-5') },
  '-M': { half: 'g1', set: latin('iso-8859-9') },
  '-T': { half: 'g1', set: latin('iso-8859-11') },
  '-b': { half: 'g1', set: latin('iso-8859-15') },
};

const LONGEST_ESCAPE = 3;

/** The bytes, ESC included, that designate a set to a half of the code table. */
export function escapeFor({ half, set }: Designation): Buffer {
  const found = Object.entries(ESCAPES).find(
    ([, designation]) => designation.half === half && designation.set === set,
  );
  // The sets of Latin script are made anew for each mention.
  const same = Object.entries(ESCAPES).find(
    ([, { half: other, set: known }]) => other === half && known.codec === set.codec,
  );
  const name = (found ?? same)?.[0];
  if (name === undefined) throw new Error(`no escape sequence for ${half} ${set.codec}`);
  return Buffer.from(`\u001b${name}`, 'latin1');
}

/** Reads the designation after an ESC at `position - 1`, or undefined for one that DICOM does not define. */
export function readEscape(
  bytes: Uint8Array,
  position: number,
): { designation: Designation; length: number } | undefined {
  for (let length = 2; length <= LONGEST_ESCAPE; length += 1) {
    if (position + length > bytes.length) return undefined;
    const name = String.fromCharCode(...bytes.subarray(position, position + length));
    const designation = ESCAPES[name];
    if (designation !== undefined) return { designation, length };
  }
  return undefined;
}

export const DEFAULT_G0 = ASCII;

/** The defined terms of SpecificCharacterSet that are read; with and without code extension where both exist. */
export function listCharacterSets(): string[] {
  const registrations = Object.keys(BY_REGISTRATION)
    .map(Number)
    .toSorted((a, b) => a - b);
  return [
    ...registrations.map((number) => `ISO_IR ${number} / ISO 2022 IR ${number}`),
    ...Object.keys(WHOLE),
  ];
}
