import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, it } from 'vitest';
import { BIG_ENDIAN, type Encoding, EXPLICIT, IMPLICIT } from '#tests/support/data-set-bytes.ts';
import { DicomTools } from '#tests/support/dicom-tools.ts';
import { missingPython } from '#tests/support/python.ts';
import { nativeImage, type TestImage, words } from '#tests/support/test-image.ts';
import { compareSamples, decodeAllFrames } from './compare.ts';
import { PythonReference } from './reference.ts';

/** Odd, so that frames end within words and within bytes. */
const ROWS = 7;
const COLUMNS = 5;
const FRAMES = 3;

interface Form {
  readonly name: string;
  readonly image: TestImage;
  /** Bytes of a word that the byte order applies to. */
  readonly wordBytes: 1 | 2 | 4 | 8;
  readonly vr: string;
  readonly tag?: number;
}

function stored(bitsStored: number, more: TestImage = {}): Form {
  const sign = more.pixelRepresentation === 1 ? 'signed' : 'unsigned';
  const high = more.highBit === undefined ? '' : `, high bit ${more.highBit}`;
  const name = `${bitsStored} of 16 bits, ${sign}${high}`;
  return { name, image: { bitsStored, ...more }, wordBytes: 2, vr: 'OW' };
}

function color(photometricInterpretation: string, more: TestImage = {}): Form {
  const image = { bitsAllocated: 8, samplesPerPixel: 3, photometricInterpretation, ...more };
  const planes = more.planarConfiguration === 1 ? ' in planes' : '';
  const is16 = image.bitsAllocated === 16;
  const name = `${photometricInterpretation}${planes}, ${image.bitsAllocated} bits`;
  return { name, image, wordBytes: is16 ? 2 : 1, vr: is16 ? 'OW' : 'OB' };
}

const table = (first: number) => [
  ...[0, 1, 2].flatMap((index) => [
    { tag: 0x00281101 + index, vr: 'US', value: words(4, first, 16) },
    { tag: 0x00281201 + index, vr: 'OW', value: words(1, 2, 3, 4) },
  ]),
];

const FORMS: readonly Form[] = [
  { name: '1 bit', image: { bitsAllocated: 1 }, wordBytes: 1, vr: 'OB' },
  { name: '8 bits', image: { bitsAllocated: 8 }, wordBytes: 1, vr: 'OB' },
  { name: '5 of 8 bits', image: { bitsAllocated: 8, bitsStored: 5 }, wordBytes: 1, vr: 'OB' },
  {
    name: '8 bits, signed',
    image: { bitsAllocated: 8, pixelRepresentation: 1 },
    wordBytes: 1,
    vr: 'OB',
  },
  {
    name: '6 of 8 bits, signed',
    image: { bitsAllocated: 8, bitsStored: 6, pixelRepresentation: 1 },
    wordBytes: 1,
    vr: 'OB',
  },
  ...[8, 9, 10, 11, 12, 13, 14, 15, 16].flatMap((bits) => [
    stored(bits),
    stored(bits, { pixelRepresentation: 1 }),
  ]),
  stored(12, { highBit: 15 }),
  stored(10, { highBit: 12, pixelRepresentation: 1 }),
  stored(12, { photometricInterpretation: 'MONOCHROME1' }),
  ...[0, 1].map((pixelRepresentation) => ({
    name: `32 bits, ${pixelRepresentation === 1 ? 'signed' : 'unsigned'}`,
    image: { bitsAllocated: 32, pixelRepresentation },
    wordBytes: 4 as const,
    vr: 'OW',
  })),
  { name: 'float', image: { bitsAllocated: 32 }, wordBytes: 4, vr: 'OF', tag: 0x7fe00008 },
  { name: 'double', image: { bitsAllocated: 64 }, wordBytes: 8, vr: 'OD', tag: 0x7fe00009 },
  color('RGB'),
  color('RGB', { planarConfiguration: 1 }),
  color('RGB', { bitsAllocated: 16 }),
  color('RGB', { bitsAllocated: 16, planarConfiguration: 1 }),
  color('YBR_FULL'),
  color('YBR_FULL', { planarConfiguration: 1 }),
  color('YBR_FULL_422', { columns: 6 }),
  {
    name: 'PALETTE COLOR, 8 bits',
    image: { bitsAllocated: 8, photometricInterpretation: 'PALETTE COLOR', more: table(0) },
    wordBytes: 1,
    vr: 'OB',
  },
];

const ENCODINGS: readonly [name: string, uid: string, encoding: Encoding][] = [
  ['implicit', '1.2.840.10008.1.2', IMPLICIT],
  ['explicit', '1.2.840.10008.1.2.1', EXPLICIT],
  ['big endian', '1.2.840.10008.1.2.2', BIG_ENDIAN],
  ['deflated', '1.2.840.10008.1.2.1.99', EXPLICIT],
];

/** Every bit at random, those that are not stored too; of float pixels the plain numbers 0 to 2^24. */
function pixelBytes({ image, wordBytes, tag }: Form): Buffer {
  const { bitsAllocated = 16, samplesPerPixel = 1, columns = COLUMNS } = image;
  const samples = ROWS * columns * samplesPerPixel * FRAMES;
  const isHalved = image.photometricInterpretation === 'YBR_FULL_422';
  const length = Math.ceil((samples * bitsAllocated) / 8) * (isHalved ? 2 / 3 : 1);
  let seed = 20_240 + bitsAllocated * 31 + (image.bitsStored ?? 0);
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed >>> 7;
  };
  if (tag === undefined) return Buffer.from(Uint8Array.from({ length }, () => random() & 0xff));
  const numbers = Array.from({ length: length / wordBytes }, () => random() / 3 - 1_000_000);
  const floats = wordBytes === 4 ? Float32Array.from(numbers) : Float64Array.from(numbers);
  return Buffer.from(floats.buffer);
}

function swapped(bytes: Buffer, wordBytes: Form['wordBytes']): Buffer {
  if (wordBytes === 1) return bytes;
  if (wordBytes === 2) return bytes.swap16();
  return wordBytes === 4 ? bytes.swap32() : bytes.swap64();
}

const tools = new DicomTools();
afterAll(() => tools[Symbol.dispose]());

/** @returns the path of the form as a file in an encoding */
function write(form: Form, [, uid, encoding]: (typeof ENCODINGS)[number]): string {
  const image = { rows: ROWS, columns: COLUMNS, numberOfFrames: FRAMES, ...form.image };
  const little = pixelBytes(form);
  const pixels = encoding.littleEndian ? little : swapped(little, form.wordBytes);
  const { vr, tag } = form;
  const options = { encoding, vr, ...(tag === undefined ? {} : { tag }) };
  const dataSet = nativeImage(image, pixels, options);
  return tools.write(uid.endsWith('.99') ? deflateRawSync(dataSet) : dataSet, uid);
}

describe.skipIf(missingPython('pydicom', 'numpy', 'gdcm'))(
  'native pixels as pydicom reads them',
  () => {
    const reference = new PythonReference();
    afterAll(() => reference[Symbol.asyncDispose]());

    for (const encoding of ENCODINGS) {
      // Big endian swaps the words of a palette too, which a data set written by hand would have to know.
      const forms = FORMS.filter(
        (form) => encoding[2].littleEndian || !form.name.startsWith('PAL'),
      );
      it.each(forms.map((form): [string, Form] => [form.name, form]))(
        `${encoding[0]}: %s`,
        async (_, form) => {
          const path = write(form, encoding);
          const theirs = reference.ask({ operation: 'pixels', path });
          compareSamples(await decodeAllFrames(path), await theirs);
        },
      );
    }
  },
);
