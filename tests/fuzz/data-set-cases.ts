import { BOUNDARIES, mutate } from './mutate.ts';
import type { Script } from './script.ts';

/** A data set to be judged, and what was done to it. */
export interface DataSetCase {
  readonly kind: string;
  readonly syntax: DataSetSyntax;
  readonly bytes: Buffer;
}

export interface DataSetSyntax {
  readonly uid: string;
  readonly implicit: boolean;
  readonly bigEndian: boolean;
  readonly encapsulated: boolean;
}

export const EXPLICIT_SYNTAX: DataSetSyntax = {
  uid: '1.2.840.10008.1.2.1',
  implicit: false,
  bigEndian: false,
  encapsulated: false,
};
const SYNTAXES: readonly DataSetSyntax[] = [
  EXPLICIT_SYNTAX,
  { uid: '1.2.840.10008.1.2', implicit: true, bigEndian: false, encapsulated: false },
  { uid: '1.2.840.10008.1.2.2', implicit: false, bigEndian: true, encapsulated: false },
  { uid: '1.2.840.10008.1.2.4.80', implicit: false, bigEndian: false, encapsulated: true },
];

/** Lies told while the data set is written; `sound` tells none. */
const KINDS = [
  'sound',
  'length',
  'delimiter',
  'representation',
  'tag',
  'undefined length',
  'uid',
  'bytes',
  'deep',
] as const;
type Kind = (typeof KINDS)[number];

interface Choice {
  readonly tag: number;
  readonly vr: string;
  readonly value?: string;
}

const SEQUENCE: Choice = { tag: 0x00081140, vr: 'SQ' };
const CHOICES: readonly Choice[] = [
  { tag: 0x00080005, vr: 'CS', value: 'ISO 2022 IR 13\\ISO 2022 IR 87' },
  { tag: 0x00080016, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' },
  { tag: 0x00080018, vr: 'UI', value: '1.2.3.4.5' },
  { tag: 0x00080030, vr: 'TM' },
  SEQUENCE,
  { tag: 0x00090000, vr: 'UL' },
  { tag: 0x00090010, vr: 'LO' },
  { tag: 0x00091001, vr: 'UN' },
  { tag: 0x00091002, vr: 'SQ' },
  { tag: 0x00100010, vr: 'PN' },
  { tag: 0x00181111, vr: 'DS' },
  { tag: 0x0020000d, vr: 'UI', value: '1.2.3.4' },
  { tag: 0x0020000e, vr: 'UI', value: '1.2.3.4.6' },
  { tag: 0x00200032, vr: 'DS' },
  { tag: 0x00280010, vr: 'US' },
  { tag: 0x00281052, vr: 'DS' },
  { tag: 0x00400275, vr: 'SQ' },
  { tag: 0x00420011, vr: 'OB' },
  { tag: 0x52009229, vr: 'SQ' },
  { tag: 0x52009230, vr: 'SQ' },
  { tag: 0x54001010, vr: 'OW' },
];
const ALWAYS = new Set([0x00080016, 0x00080018, 0x0020000d, 0x0020000e]);
const REPRESENTATIONS = 'OB OW SQ UN UT UC OF AE CS DS LO PN UI US UL FD AT ZZ \0\0 ob'.split(' ');
const LONG_FORM = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const UNDEFINED = 0xffffffff;
const MAX_LEVELS = 4;

/** Draws a data set of any kind. */
export function drawDataSet(script: Script, syntax = script.pick(SYNTAXES)): DataSetCase {
  const kind = script.pick(KINDS);
  const changes = script.fork(24);
  const written = new CaseWriter(script, syntax, kind).write();
  return { kind, syntax, bytes: kind === 'bytes' ? mutate(written, changes) : written };
}

/** Writes one data set of random elements, and tells the lies of its kind now and then. */
class CaseWriter {
  readonly #script: Script;
  readonly #syntax: DataSetSyntax;
  readonly #kind: Kind;

  constructor(script: Script, syntax: DataSetSyntax, kind: Kind) {
    this.#script = script;
    this.#syntax = syntax;
    this.#kind = kind;
  }

  write(): Buffer {
    const parts = CHOICES.filter((choice) => ALWAYS.has(choice.tag) || this.#script.chance(40)).map(
      (choice) => this.#element(choice, 0, this.#syntax.implicit),
    );
    if (this.#kind === 'deep') parts.push(this.#deep());
    parts.push(this.#pixelData());
    return Buffer.concat(parts);
  }

  #lies(kind: Kind): boolean {
    return this.#kind === kind && this.#script.chance(15);
  }

  #element(choice: Choice, level: number, implicit: boolean): Buffer {
    const script = this.#script;
    const tag = this.#lies('tag') ? script.pick(CHOICES).tag - script.below(3) : choice.tag;
    const vr = this.#lies('representation') ? script.pick(REPRESENTATIONS) : choice.vr;
    if (choice.vr === 'SQ' && level < MAX_LEVELS)
      return this.#sequence(tag, vr, { level, implicit });
    if (choice.vr === 'UN' && level < MAX_LEVELS && script.chance(40)) {
      // PS3.5 6.2.2 note 2: implicit inside, little endian in the syntaxes of today.
      return this.#syntax.bigEndian
        ? this.#header({ tag, vr, length: 0, implicit })
        : this.#sequence(tag, vr, { level, implicit, unknown: true });
    }
    const value = this.#value(choice);
    const length = this.#lies('length') ? this.#wrongLength(value.length) : value.length;
    return Buffer.concat([this.#header({ tag, vr, length, implicit }), value]);
  }

  #sequence(
    tag: number,
    vr: string,
    { level, implicit, unknown }: { level: number; implicit: boolean; unknown?: boolean },
  ): Buffer {
    const script = this.#script;
    const open = unknown === true || script.chance(50);
    const items: Buffer[] = [];
    for (let left = script.below(3); left > 0; left -= 1) {
      items.push(this.#item(level, implicit || unknown === true));
    }
    if (open && !this.#lies('delimiter')) items.push(this.#delimiter(0xfffee0dd));
    const body = Buffer.concat(items);
    let length = open ? UNDEFINED : body.length;
    if (this.#lies('undefined length')) length = UNDEFINED;
    if (this.#lies('length')) length = this.#wrongLength(body.length);
    return Buffer.concat([this.#header({ tag, vr, length, implicit }), body]);
  }

  #item(level: number, implicit: boolean): Buffer {
    const script = this.#script;
    const chosen = CHOICES.filter(() => script.chance(8));
    const body = Buffer.concat(chosen.map((one) => this.#element(one, level + 1, implicit)));
    const open = script.chance(50);
    const lied = this.#lies('length') ? this.#wrongLength(body.length) : body.length;
    const head = this.#mark(this.#lies('tag') ? 0xfffee0dd : 0xfffee000, open ? UNDEFINED : lied);
    const end = open && !this.#lies('delimiter') ? [this.#delimiter(0xfffee00d)] : [];
    return Buffer.concat([head, body, ...end]);
  }

  #delimiter(tag: number): Buffer {
    const length = this.#lies('length') ? this.#script.pick(BOUNDARIES) : 0;
    const stray = this.#lies('delimiter') ? [this.#mark(0xfffee00d, 0)] : [];
    return Buffer.concat([...stray, this.#mark(tag, length)]);
  }

  #pixelData(): Buffer {
    const script = this.#script;
    const native = this.#lies('undefined length')
      ? this.#syntax.encapsulated
      : !this.#syntax.encapsulated;
    const implicit = this.#syntax.implicit;
    const header = { tag: 0x7fe00010, vr: native ? 'OW' : 'OB', implicit };
    if (native) {
      const pixels = script.bytes(2 * script.below(20));
      const length = this.#lies('length') ? this.#wrongLength(pixels.length) : pixels.length;
      return Buffer.concat([this.#header({ ...header, length }), pixels]);
    }
    const fragments = [this.#mark(0xfffee000, 0)];
    for (let left = script.below(4); left > 0; left -= 1) {
      const bytes = script.bytes(2 * script.below(12));
      const length = this.#lies('length') ? this.#wrongLength(bytes.length) : bytes.length;
      fragments.push(this.#mark(0xfffee000, length), bytes);
    }
    if (!this.#lies('delimiter')) fragments.push(this.#mark(0xfffee0dd, 0));
    return Buffer.concat([this.#header({ ...header, length: UNDEFINED }), ...fragments]);
  }

  /** Sequences within sequences around the limit of 64, open or of defined length. */
  #deep(): Buffer {
    const script = this.#script;
    const levels = 55 + script.below(20);
    const { implicit } = this.#syntax;
    let body = Buffer.alloc(0);
    for (let level = 0; level < levels; level += 1) {
      const open = script.chance(50);
      const item = open
        ? [this.#mark(0xfffee000, UNDEFINED), body, this.#mark(0xfffee00d, 0)]
        : [this.#mark(0xfffee000, body.length), body];
      const items = Buffer.concat(open ? [...item, this.#mark(0xfffee0dd, 0)] : item);
      const length = open ? UNDEFINED : items.length;
      const tag = level === levels - 1 ? 0x60011140 : SEQUENCE.tag;
      body = Buffer.concat([this.#header({ tag, vr: 'SQ', length, implicit }), items]);
    }
    return body;
  }

  #value({ vr, value }: Choice): Buffer {
    const script = this.#script;
    if (vr === 'UI') {
      return this.#lies('uid') ? script.bytes(script.below(80)) : padded(value ?? '1.2', '\0');
    }
    if (vr === 'SQ') return Buffer.alloc(0);
    if (value !== undefined) return padded(value, ' ');
    if (vr === 'US') return script.bytes(2);
    if (vr === 'DS')
      return padded(script.pick(['1', '1\\2\\3', '-1e5 ', 'x', '', '1'.repeat(99)]), ' ');
    if (vr !== 'OW' && this.#lies('representation')) return itemLike(script);
    return script.bytes(2 * script.below(16));
  }

  #wrongLength(length: number): number {
    const script = this.#script;
    if (script.chance(50)) return script.pick(BOUNDARIES);
    return Math.max(0, length + script.pick([-8, -4, -2, -1, 1, 2, 4, 8, 12]));
  }

  #header(fields: { tag: number; vr: string; length: number; implicit: boolean }): Buffer {
    const { tag, vr, length, implicit } = fields;
    if (implicit) return this.#mark(tag, length);
    const head = this.#mark(tag, 0);
    head.write(vr, 4, 'latin1');
    if (!LONG_FORM.has(vr)) {
      this.#put16(head, length & 0xffff, 6);
      return head;
    }
    const long = Buffer.alloc(4);
    if (this.#syntax.bigEndian) long.writeUInt32BE(length);
    else long.writeUInt32LE(length);
    return Buffer.concat([head, long]);
  }

  #mark(tag: number, length: number): Buffer {
    const bytes = Buffer.alloc(8);
    this.#put16(bytes, tag >>> 16, 0);
    this.#put16(bytes, tag & 0xffff, 2);
    if (this.#syntax.bigEndian) bytes.writeUInt32BE(length, 4);
    else bytes.writeUInt32LE(length, 4);
    return bytes;
  }

  #put16(bytes: Buffer, value: number, at: number): void {
    if (this.#syntax.bigEndian) bytes.writeUInt16BE(value, at);
    else bytes.writeUInt16LE(value, at);
  }
}

/** A value that begins as a sequence does, and may not be one. */
function itemLike(script: Script): Buffer {
  const bytes = Buffer.from('feff00e000000000000000000000000000000000', 'hex');
  bytes.writeUInt32LE(script.pick([0, 4, 8, 12, 20, UNDEFINED]), 4);
  return bytes;
}

function padded(text: string, padding: string): Buffer {
  return Buffer.from(text.length % 2 === 0 ? text : text + padding, 'latin1');
}
