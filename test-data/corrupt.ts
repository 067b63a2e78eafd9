import { minimalImage } from './minimal-objects.ts';
import { encodeDataset, encodeElement, writePart10 } from './part10-writer.ts';

export const CORRUPTIONS = [
  'not-dicom',
  'empty',
  'truncated-header',
  'truncated-pixels',
  'wrong-vr',
  'length-beyond-end',
  'huge-length-claimed',
  'deep-sequences',
  'no-pixel-data',
  'short-pixel-data',
  'unknown-sop-class',
  'absurd-size',
  'zero-size',
  'no-study-uid',
  'bad-uid',
  'path-in-uid',
  'executable-preamble',
] as const;

export type Corruption = (typeof CORRUPTIONS)[number];

/** A file that is wrong in one stated way, otherwise a plain minimal CR; reproducible by seed. */
export function corrupt(kind: Corruption, seed: number | string = 0): Buffer {
  return CORRUPTERS[kind](seed);
}

const plain = (seed: number | string) => minimalImage({ modality: 'CR', seed });

/** The image's data set with some bytes in place of the pixel data. */
function withTail(seed: number | string, tail: Buffer): Buffer {
  const elements = plain(seed).elements.filter((element) => element.tag !== 0x7fe00010);
  return writePart10(elements, { datasetBytes: Buffer.concat([encodeDataset(elements), tail]) });
}

function pixelHeader(vr: string, length: number): Buffer {
  const header = encodeElement({ tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(0) }, 'explicit');
  header.write(vr, 4, 'latin1');
  header.writeUInt32LE(length, 8);
  return header;
}

function nestedSequence(depth: number): Buffer {
  const open = Buffer.from('4000750353510000fffffffffeff00e0ffffffff', 'hex');
  const close = Buffer.from('feff0de000000000feffdde000000000', 'hex');
  return Buffer.concat([...Array<Buffer>(depth).fill(open), ...Array<Buffer>(depth).fill(close)]);
}

const CORRUPTERS: Readonly<Record<Corruption, (seed: number | string) => Buffer>> = {
  'not-dicom': (seed) => Buffer.from(`This is a letter, not an image (${seed}).\n`.repeat(20)),
  empty: () => Buffer.alloc(0),
  'truncated-header': (seed) => plain(seed).bytes.subarray(0, 300),
  'truncated-pixels': (seed) => plain(seed).bytes.subarray(0, -100),
  'wrong-vr': (seed) => {
    const { bytes } = plain(seed);
    const rows = bytes.indexOf(Buffer.from('280010005553', 'hex'));
    bytes.write('ZZ', rows + 4, 'latin1');
    return bytes;
  },
  'length-beyond-end': (seed) =>
    withTail(seed, Buffer.concat([pixelHeader('OW', 4096), Buffer.alloc(256)])),
  'huge-length-claimed': (seed) =>
    withTail(seed, Buffer.concat([pixelHeader('OW', 0x40000000), Buffer.alloc(16)])),
  'deep-sequences': (seed) => withTail(seed, nestedSequence(2000)),
  'no-pixel-data': (seed) => withTail(seed, Buffer.alloc(0)),
  'short-pixel-data': (seed) =>
    withTail(seed, Buffer.concat([pixelHeader('OW', 100), Buffer.alloc(100)])),
  'unknown-sop-class': (seed) =>
    minimalImage({
      modality: 'CR',
      seed,
      attributes: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.999' },
    }).bytes,
  'absurd-size': (seed) =>
    minimalImage({
      modality: 'CR',
      seed,
      attributes: { Rows: 65535, Columns: 65535, BitsAllocated: 16, NumberOfFrames: 100000 },
    }).bytes,
  'zero-size': (seed) =>
    minimalImage({ modality: 'CR', seed, attributes: { Rows: 0, Columns: 0 } }).bytes,
  'no-study-uid': (seed) =>
    minimalImage({ modality: 'CR', seed, attributes: { StudyInstanceUID: undefined } }).bytes,
  'bad-uid': (seed) =>
    minimalImage({ modality: 'CR', seed, attributes: { StudyInstanceUID: '1.2.x.4' } }).bytes,
  'path-in-uid': (seed) =>
    minimalImage({ modality: 'CR', seed, attributes: { StudyInstanceUID: '../../etc/passwd' } })
      .bytes,
  'executable-preamble': (seed) => {
    const { bytes } = plain(seed);
    bytes.write('MZ', 0, 'latin1');
    return bytes;
  },
};
