import { decodeBytes } from './byte-codecs.ts';
import { type GraphicSet, readEscape } from './character-sets.ts';

const ESC = 0x1b;
const YEN = 0x5c;
const OVERLINE = 0x7e;
const KATAKANA_FIRST = 0xa1;
const KATAKANA_LAST = 0xdf;
const HALF_WIDTH_KATAKANA = 0xff61;
const REPLACEMENT = '\ufffd';

export interface Iso2022Settings {
  readonly initialG0: GraphicSet;
  readonly initialG1: GraphicSet | undefined;
  /** The G1 set to assume for high bytes before which no escape stands, though one should. */
  readonly assumedG1: GraphicSet | undefined;
  /** Bytes after which the initial sets hold again: PS3.5 6.1.2.5.3. */
  readonly resets: ReadonlySet<number>;
  /** Whether 0x5C separates values; else it is the yen sign in JIS X 0201. */
  readonly backslashSeparates: boolean;
}

/**
 * Reads text with ISO 2022 code extensions (PS3.5 6.1.2.5). A delimiter counts only where the G0 set has one byte a
 * character: in JIS X 0208 the bytes 0x5C, 0x5E and 0x3D are halves of ordinary characters.
 */
export class Iso2022Decoder {
  readonly faults = new Set<string>();
  private readonly settings: Iso2022Settings;
  private g0: GraphicSet;
  private g1: GraphicSet | undefined;

  constructor(settings: Iso2022Settings) {
    this.settings = settings;
    this.g0 = settings.initialG0;
    this.g1 = settings.initialG1;
  }

  decode(bytes: Uint8Array): string {
    this.reset();
    let text = '';
    let position = 0;
    while (position < bytes.length) {
      const byte = bytes[position] ?? 0;
      if (byte === ESC) {
        position = this.designate(bytes, position + 1);
        continue;
      }
      const end = this.runEnd(bytes, position);
      text +=
        byte < 0x80 ? this.decodeLow(bytes, position, end) : this.decodeHigh(bytes, position, end);
      if (end === position + 1 && this.isReset(byte)) this.reset();
      position = end;
    }
    return text;
  }

  private reset(): void {
    this.g0 = this.settings.initialG0;
    this.g1 = this.settings.initialG1;
  }

  private designate(bytes: Uint8Array, position: number): number {
    const found = readEscape(bytes, position);
    if (found === undefined) {
      this.faults.add('escape sequence unknown');
      return position;
    }
    if (found.designation.half === 'g0') this.g0 = found.designation.set;
    else this.g1 = found.designation.set;
    return position + found.length;
  }

  private isReset(byte: number): boolean {
    if (!this.settings.resets.has(byte)) return false;
    // Control characters are never halves of a character; delimiters are, in a double-byte G0.
    return byte < 0x20 || !isDouble(this.g0);
  }

  /** The end of the run of bytes that are read by the same half; a reset byte stands alone. */
  private runEnd(bytes: Uint8Array, start: number): number {
    const first = bytes[start] ?? 0;
    if (this.isReset(first)) return start + 1;
    const high = first >= 0x80;
    let end = start + 1;
    while (end < bytes.length) {
      const byte = bytes[end] ?? 0;
      if (byte === ESC || byte >= 0x80 !== high || this.isReset(byte)) break;
      end += 1;
    }
    return this.shiftJisEnd(bytes, start, end);
  }

  /**
   * Some Japanese devices write Shift JIS under ISO_IR 13. Its lead bytes 0x81-0x9F cannot occur in JIS X 0201, and a
   * trail byte may be below 0x80 (even a backslash), so a high run that holds such leads is widened to whole pairs.
   */
  private shiftJisEnd(bytes: Uint8Array, start: number, end: number): number {
    if (this.g1?.kind !== 'katakana' || (bytes[start] ?? 0) < 0x80) return end;
    if (!bytes.subarray(start, end).some(isShiftJisLead)) return end;
    let position = start;
    while (position < bytes.length) {
      const byte = bytes[position] ?? 0;
      if (byte < 0x80 || byte === ESC) break;
      position += isShiftJisLead(byte) ? 2 : 1;
    }
    return Math.min(position, bytes.length);
  }

  private decodeLow(bytes: Uint8Array, start: number, end: number): string {
    const first = bytes[start] ?? 0;
    if (first < 0x20) return decodeBytes(bytes.subarray(start, end), 'ascii');
    if (isDouble(this.g0)) return this.decodePairs(bytes.subarray(start, end), this.g0);
    const text = decodeBytes(bytes.subarray(start, end), 'ascii');
    return this.g0.kind === 'romaji' ? this.toRomaji(text) : text;
  }

  private toRomaji(text: string): string {
    const overlined = text.replaceAll(String.fromCharCode(OVERLINE), '\u203e');
    if (this.settings.backslashSeparates) return overlined;
    return overlined.replaceAll(String.fromCharCode(YEN), '\u00a5');
  }

  private decodeHigh(bytes: Uint8Array, start: number, end: number): string {
    const run = bytes.subarray(start, end);
    let set = this.g1;
    if (set === undefined) {
      set = this.settings.assumedG1;
      this.faults.add('bytes above 0x7F without a set designated for them');
      if (set === undefined) return decodeBytes(run, 'iso-8859-1');
    }
    if (set.kind === 'katakana') return this.decodeKatakana(run);
    if (isDouble(set)) return this.decodePairs(run, set);
    const text = decodeBytes(run, set.codec);
    if (text.includes(REPLACEMENT)) this.faults.add('bytes outside the character set');
    return text;
  }

  private decodeKatakana(run: Uint8Array): string {
    if (run.some(isShiftJisLead)) {
      this.faults.add('Shift JIS under ISO_IR 13');
      return decodeBytes(run, 'shift_jis');
    }
    let text = '';
    for (const byte of run) {
      const known = byte >= KATAKANA_FIRST && byte <= KATAKANA_LAST;
      if (!known) this.faults.add('bytes outside the character set');
      text += known
        ? String.fromCharCode(HALF_WIDTH_KATAKANA + byte - KATAKANA_FIRST)
        : REPLACEMENT;
    }
    return text;
  }

  private decodePairs(run: Uint8Array, set: GraphicSet): string {
    const shifted: number[] = [];
    let position = 0;
    while (position < run.length) {
      const byte = run[position] ?? 0;
      // A space or a control character inside a double-byte run stands for itself.
      if ((byte & 0x7f) <= 0x20) {
        shifted.push(byte & 0x7f);
        position += 1;
        continue;
      }
      if (set.kind === 'jisx0212') shifted.push(0x8f);
      shifted.push(byte | 0x80);
      if (position + 1 < run.length) shifted.push((run[position + 1] ?? 0) | 0x80);
      else this.faults.add('half of a two-byte character');
      position += 2;
    }
    const text = decodeBytes(Uint8Array.from(shifted), set.codec);
    if (text.includes(REPLACEMENT)) this.faults.add('bytes outside the character set');
    return text;
  }
}

function isDouble(set: GraphicSet): boolean {
  return set.kind === 'double' || set.kind === 'jisx0212';
}

function isShiftJisLead(byte: number): boolean {
  return (byte >= 0x81 && byte <= 0x9f) || (byte >= 0xe0 && byte <= 0xfc);
}
