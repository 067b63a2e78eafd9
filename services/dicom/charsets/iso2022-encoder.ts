import { encodeBytes } from './byte-codecs.ts';
import { type CharacterSet, DEFAULT_G0, escapeFor, type GraphicSet } from './character-sets.ts';

export interface EncodingRules {
  /** Bytes before which the initial sets hold again: PS3.5 6.1.2.5.3. */
  readonly resets: ReadonlySet<number>;
  /** Whether a backslash separates values; in other texts JIS X 0201 has no backslash at all. */
  readonly backslashSeparates: boolean;
}

interface Designated {
  readonly g0: GraphicSet;
  readonly g1: GraphicSet | undefined;
}

interface Placed {
  readonly half: 'g0' | 'g1';
  readonly set: GraphicSet;
  readonly bytes: Buffer;
}

const HALF_WIDTH_KATAKANA = 0xff61;
const KATAKANA_FIRST = 0xa1;
const KATAKANA_LAST = 0xdf;
const SINGLE_SHIFT_3 = 0x8f;

/** Writes text with ISO 2022 code extensions (PS3.5 6.1.2.5), the counterpart of Iso2022Decoder. */
export class Iso2022Encoder {
  readonly #initial: Designated;
  readonly #candidates: readonly { half: 'g0' | 'g1'; set: GraphicSet }[];

  /** @param extended whether other sets than the initial ones may be designated by escape sequences */
  constructor(sets: readonly CharacterSet[], extended: boolean) {
    const g0 = sets[0]?.g0;
    this.#initial = { g0: g0 === undefined || isDouble(g0) ? DEFAULT_G0 : g0, g1: sets[0]?.g1 };
    const usable = extended ? sets : [];
    this.#candidates = [...usable, { ...this.#initial }].flatMap((set) => [
      ...(set.g0 === undefined ? [] : [{ half: 'g0' as const, set: set.g0 }]),
      ...(set.g1 === undefined ? [] : [{ half: 'g1' as const, set: set.g1 }]),
    ]);
  }

  /** The bytes of a text, or undefined where no designated set has one of its characters. */
  encode(text: string, rules: EncodingRules): Buffer | undefined {
    const parts: Buffer[] = [];
    let now = this.#initial;
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0;
      if (code < 0x20 || rules.resets.has(code)) {
        parts.push(...this.#backToInitial(now), Buffer.of(code));
        if (rules.resets.has(code)) now = this.#initial;
        else now = { ...now, g0: this.#initial.g0 };
        continue;
      }
      const placed = this.#place(character, { now, rules });
      if (placed === undefined) return undefined;
      if (now[placed.half] !== placed.set) {
        parts.push(escapeFor(placed));
        now = { ...now, [placed.half]: placed.set };
      }
      parts.push(placed.bytes);
    }
    return Buffer.concat([...parts, ...this.#backToInitial(now)]);
  }

  /** G0 must be the initial one before a delimiter and at the end; G1 is forgotten there without a word. */
  #backToInitial(now: Designated): Buffer[] {
    return now.g0 === this.#initial.g0 ? [] : [escapeFor({ half: 'g0', set: this.#initial.g0 })];
  }

  #place(
    character: string,
    { now, rules }: { now: Designated; rules: EncodingRules },
  ): Placed | undefined {
    const standing = [
      { half: 'g0' as const, set: now.g0 },
      ...(now.g1 === undefined ? [] : [{ half: 'g1' as const, set: now.g1 }]),
    ];
    for (const { half, set } of [...standing, ...this.#candidates]) {
      const bytes = half === 'g0' ? encodeLow(character, set, rules) : encodeHigh(character, set);
      if (bytes !== undefined) return { half, set, bytes };
    }
    return undefined;
  }
}

function isDouble(set: GraphicSet): boolean {
  return set.kind === 'double' || set.kind === 'jisx0212';
}

/** In 0x21 to 0x7E. */
function encodeLow(character: string, set: GraphicSet, rules: EncodingRules): Buffer | undefined {
  if (isDouble(set)) {
    const pair = encodePair(character, set);
    return pair === undefined ? undefined : Buffer.from(pair.map((byte) => byte & 0x7f));
  }
  if (set.kind === 'romaji') {
    if (character === '\u203e') return Buffer.of(0x7e);
    if (character === '\u00a5' && !rules.backslashSeparates) return Buffer.of(0x5c);
    if (character === '~' || character === '\\') return undefined;
  }
  return encodeBytes(character, 'ascii');
}

/** In 0xA0 to 0xFF. */
function encodeHigh(character: string, set: GraphicSet): Buffer | undefined {
  if (set.kind === 'katakana') {
    const byte = (character.codePointAt(0) ?? 0) - HALF_WIDTH_KATAKANA + KATAKANA_FIRST;
    return byte >= KATAKANA_FIRST && byte <= KATAKANA_LAST ? Buffer.of(byte) : undefined;
  }
  if (isDouble(set)) return encodePair(character, set);
  const bytes = encodeBytes(character, set.codec);
  return bytes?.length === 1 && (bytes[0] ?? 0) >= 0xa0 ? bytes : undefined;
}

/** Both bytes with the high bit set; undefined for what the codec holds beyond the registered set. */
function encodePair(character: string, set: GraphicSet): Buffer | undefined {
  const bytes = encodeBytes(character, set.codec);
  if (bytes === undefined) return undefined;
  const isThird = set.kind === 'jisx0212';
  if (isThird !== (bytes[0] === SINGLE_SHIFT_3 && bytes.length === 3)) return undefined;
  const pair = isThird ? bytes.subarray(1) : bytes;
  const isPair = pair.length === 2 && pair.every((byte) => byte >= 0xa1 && byte <= 0xfe);
  return isPair ? Buffer.from(pair) : undefined;
}
