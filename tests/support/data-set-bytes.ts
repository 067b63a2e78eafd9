/** Writes small data sets for tests, element by element, in any of the uncompressed encodings. */
export interface TestElement {
  readonly tag: number;
  readonly vr: string;
  readonly value: string | Uint8Array | readonly TestItem[];
  /** Sequences and items of undefined length, with delimiters. */
  readonly open?: boolean;
}

export type TestItem = readonly TestElement[];

export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

export const EXPLICIT: Encoding = { explicit: true, littleEndian: true };
export const IMPLICIT: Encoding = { explicit: false, littleEndian: true };
export const BIG_ENDIAN: Encoding = { explicit: true, littleEndian: false };

const LONG_VRS = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const UNDEFINED = 0xffffffff;

export function writeDataSet(elements: TestItem, encoding: Encoding = EXPLICIT): Uint8Array {
  return Buffer.concat(elements.map((element) => writeElement(element, encoding)));
}

export function text(tag: number, vr: string, value: string): TestElement {
  return { tag, vr, value };
}

/** US, for the encoding that the data set will be written in. */
export function short(tag: number, value: number, { littleEndian } = EXPLICIT): TestElement {
  const bytes = Buffer.alloc(2);
  if (littleEndian) bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return { tag, vr: 'US', value: bytes };
}

export function number(value: number, size: 2 | 4, littleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(size);
  if (littleEndian) bytes.writeUIntLE(value, 0, size);
  else bytes.writeUIntBE(value, 0, size);
  return bytes;
}

export function tagBytes(tag: number, littleEndian: boolean): Buffer {
  return Buffer.concat([
    number(tag >>> 16, 2, littleEndian),
    number(tag & 0xffff, 2, littleEndian),
  ]);
}

function writeElement(element: TestElement, encoding: Encoding): Buffer {
  const { value, open } = element;
  const isSequence = typeof value !== 'string' && !(value instanceof Uint8Array);
  const body = isSequence ? writeItems(value, encoding, open === true) : padded(value, element.vr);
  const length = open ? UNDEFINED : body.length;
  return Buffer.concat([writeHeader(element, length, encoding), body]);
}

function writeHeader(element: TestElement, length: number, encoding: Encoding): Buffer {
  const tag = tagBytes(element.tag, encoding.littleEndian);
  if (!encoding.explicit) return Buffer.concat([tag, number(length, 4, encoding.littleEndian)]);
  const vr = Buffer.from(element.vr, 'latin1');
  if (!LONG_VRS.has(element.vr)) {
    return Buffer.concat([tag, vr, number(length, 2, encoding.littleEndian)]);
  }
  return Buffer.concat([tag, vr, Buffer.alloc(2), number(length, 4, encoding.littleEndian)]);
}

function writeItems(items: readonly TestItem[], encoding: Encoding, open: boolean): Buffer {
  const { littleEndian } = encoding;
  const parts: Buffer[] = [];
  for (const item of items) {
    const body = Buffer.from(writeDataSet(item, encoding));
    const length = number(open ? UNDEFINED : body.length, 4, littleEndian);
    parts.push(tagBytes(0xfffee000, littleEndian), length, body);
    if (open) parts.push(tagBytes(0xfffee00d, littleEndian), Buffer.alloc(4));
  }
  if (open) parts.push(tagBytes(0xfffee0dd, littleEndian), Buffer.alloc(4));
  return Buffer.concat(parts);
}

function padded(value: string | Uint8Array, vr: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value);
  if (bytes.length % 2 === 0) return bytes;
  return Buffer.concat([bytes, Buffer.from([vr === 'UI' || vr === 'OB' ? 0 : 0x20])]);
}

/** The data set and transfer syntax of a Part 10 file, for tests that read real files. */
export function splitPart10(file: Buffer): { dataSet: Buffer; transferSyntaxUid: string } {
  if (file.toString('latin1', 128, 132) !== 'DICM') throw new Error('no Part 10 file');
  let position = 132;
  let transferSyntaxUid = '';
  while (position + 8 <= file.length && file.readUInt16LE(position) === 2) {
    const isLong = ['OB', 'UN', 'OW'].includes(file.toString('latin1', position + 4, position + 6));
    const start = position + (isLong ? 12 : 8);
    const length = isLong ? file.readUInt32LE(position + 8) : file.readUInt16LE(position + 6);
    if (file.readUInt16LE(position + 2) === 0x10) {
      transferSyntaxUid = file.toString('latin1', start, start + length).replace(/[\0 ]+$/, '');
    }
    position = start + length;
  }
  return { dataSet: file.subarray(position), transferSyntaxUid };
}

/** A Part 10 file: preamble, file meta information (PS3.10 7.1), data set. */
export function writePart10(dataSet: Uint8Array, transferSyntaxUid: string): Uint8Array {
  const meta = writeDataSet([
    { tag: 0x00020001, vr: 'OB', value: Uint8Array.of(0, 1) },
    text(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00020003, 'UI', '1.2.3.4'),
    text(0x00020010, 'UI', transferSyntaxUid),
    text(0x00020012, 'UI', '1.2.3.5'),
  ]);
  const length = writeDataSet([{ tag: 0x00020000, vr: 'UL', value: number(meta.length, 4, true) }]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, dataSet]);
}
