import { deflateRawSync } from 'node:zlib';
import {
  BIG_ENDIAN,
  type Encoding,
  EXPLICIT,
  IMPLICIT,
  short,
  type TestElement,
  text,
  writeDataSet,
} from './data-set-bytes.ts';

export const STUDY_UID = '1.2.3.4.5';
export const SERIES_UID = '1.2.3.4.5.6';
export const CT_CLASS = '1.2.840.10008.5.1.4.1.1.2';

/** A small image with nested sequences of both kinds, private elements, an odd-length text and native pixels. */
function sampleElements(sopInstanceUid: string, encoding: Encoding): TestElement[] {
  const code = [text(0x00080100, 'SH', '121327'), text(0x00080102, 'SH', 'DCM')];
  return [
    text(0x00080005, 'CS', 'ISO_IR 192'),
    text(0x00080016, 'UI', CT_CLASS),
    text(0x00080018, 'UI', sopInstanceUid),
    { tag: 0x00081140, vr: 'SQ', value: [[...code, { tag: 0x00081199, vr: 'SQ', value: [code] }]] },
    { tag: 0x00089215, vr: 'SQ', value: [code, [], code], open: true },
    text(0x00090010, 'LO', 'PRIVATE MAKER'),
    { tag: 0x00091001, vr: 'OB', value: Buffer.from('\u0000\u0001private') },
    { tag: 0x00091002, vr: 'SQ', value: [], open: true },
    text(0x00100010, 'PN', 'Sample^Odd'),
    text(0x0020000d, 'UI', STUDY_UID),
    text(0x0020000e, 'UI', SERIES_UID),
    short(0x00280010, 16, encoding),
    short(0x00280011, 16, encoding),
    { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(512, 0xfe) },
  ];
}

export interface SampleDataSet {
  readonly name: string;
  readonly transferSyntaxUid: string;
  readonly bytes: Buffer;
  /** Lengths at which it ends between two top-level elements; none where that cannot be told from outside. */
  readonly boundaries: readonly number[];
}

/** The sample in every way of writing a data set that the product takes in. */
export function sampleDataSets(sopInstanceUid = '1.2.3.4.5.6.7'): SampleDataSet[] {
  const explicit = writeSample(sopInstanceUid, EXPLICIT);
  return [
    {
      name: 'implicit',
      transferSyntaxUid: '1.2.840.10008.1.2',
      ...writeSample(sopInstanceUid, IMPLICIT),
    },
    { name: 'explicit', transferSyntaxUid: '1.2.840.10008.1.2.1', ...explicit },
    {
      name: 'big endian',
      transferSyntaxUid: '1.2.840.10008.1.2.2',
      ...writeSample(sopInstanceUid, BIG_ENDIAN),
    },
    {
      name: 'deflated',
      transferSyntaxUid: '1.2.840.10008.1.2.1.99',
      bytes: padEven(deflateRawSync(explicit.bytes)),
      boundaries: [],
    },
    ...ENCAPSULATED_SYNTAXES.map((transferSyntaxUid) => ({
      name: `encapsulated ${transferSyntaxUid}`,
      transferSyntaxUid,
      bytes: encapsulate(sopInstanceUid),
      boundaries: explicit.boundaries.slice(0, -1),
    })),
  ];
}

function writeSample(
  sopInstanceUid: string,
  encoding: Encoding,
): { bytes: Buffer; boundaries: number[] } {
  const elements = sampleElements(sopInstanceUid, encoding).map((element) =>
    writeDataSet([element], encoding),
  );
  let length = 0;
  const boundaries = elements.map((element) => {
    length += element.length;
    return length;
  });
  return { bytes: Buffer.concat(elements), boundaries };
}

/** The sample in one transfer syntax. */
export function sampleDataSet(transferSyntaxUid: string, sopInstanceUid?: string): Buffer {
  const found = sampleDataSets(sopInstanceUid).find(
    (sample) => sample.transferSyntaxUid === transferSyntaxUid,
  );
  if (found === undefined) throw new Error(`no sample in ${transferSyntaxUid}`);
  return found.bytes;
}

const ENCAPSULATED_SYNTAXES = [
  ...['5', '4.50', '4.51', '4.57', '4.70', '4.80', '4.81', '4.90', '4.91', '4.92', '4.93'],
  ...['4.201', '4.202', '4.203', '4.100', '4.102', '4.107'],
].map((suffix) => `1.2.840.10008.1.2.${suffix}`);

function padEven(bytes: Buffer): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
}

function encapsulate(sopInstanceUid: string): Buffer {
  const elements = sampleElements(sopInstanceUid, EXPLICIT).slice(0, -1);
  const fragments = [Buffer.alloc(0), Buffer.alloc(300, 0xff), Buffer.alloc(2, 0xd9)];
  return Buffer.concat([writeDataSet(elements), fragmentedPixelData(fragments)]);
}

/** Pixel Data of undefined length, in Explicit VR Little Endian; the first fragment is the basic offset table. */
export function fragmentedPixelData(fragments: readonly Uint8Array[], delimited = true): Buffer {
  const header = (element: number, length: number): Buffer => {
    const bytes = Buffer.from([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]);
    bytes.writeUInt16LE(element, 2);
    bytes.writeUInt32LE(length, 4);
    return bytes;
  };
  return Buffer.concat([
    Buffer.from('e07f10004f420000ffffffff', 'hex'),
    ...fragments.flatMap((fragment) => [header(0xe000, fragment.length), fragment]),
    delimited ? header(0xe0dd, 0) : Buffer.alloc(0),
  ]);
}

/** Explicit VR Little Endian: sequences within sequences, each open, and all closed again. */
export function nestedSequences(depth: number): Buffer {
  const open = Buffer.from('0800401153510000fffffffffeff00e0ffffffff', 'hex');
  const close = Buffer.from('feff0de000000000feffdde000000000', 'hex');
  const parts: Buffer[] = [];
  for (let level = 0; level < depth; level += 1) parts.push(open);
  for (let level = 0; level < depth; level += 1) parts.push(close);
  return Buffer.concat(parts);
}
