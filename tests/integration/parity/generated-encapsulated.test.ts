import { afterAll, describe, expect, it } from 'vitest';
import { frameToBytes } from '#dicom/pixels/decoded-frame.ts';
import { extractEncapsulatedFrame } from '#dicom/pixels/frame-bytes.ts';
import { number } from '#tests/support/data-set-bytes.ts';
import { DicomTools, sourceOf } from '#tests/support/dicom-tools.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { missingPython } from '#tests/support/python.ts';
import { encapsulatedImage, nativeImage, type TestImage } from '#tests/support/test-image.ts';
import { compareSamples, decodeAllFrames } from './compare.ts';
import { PythonReference } from './reference.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const ROWS = 33;
const COLUMNS = 29;
const FRAMES = 3;

type Encoder = readonly [tool: string, ...flags: string[]];
const RLE: Encoder = ['dcmcrle'];
const JPEG_LOSSLESS: Encoder = ['dcmcjpeg', '+e1'];
const JPEG_LS: Encoder = ['dcmcjpls', '+el'];
/** Codestreams of the stored bits: 12, where the others take all 16. */
const JPEG_LS_STORED: Encoder = ['dcmcjpls', '+el', '+pc'];
const JPEG_LS_NEAR: Encoder = ['dcmcjpls', '+en'];
const JPEG_LS_NEAR_STORED: Encoder = ['dcmcjpls', '+en', '+pc'];
const J2K: Encoder = ['gdcmconv', '-K'];
const J2K_LOSSY: Encoder = ['gdcmconv', '-K', '-Y', '-q', '40'];

/** Over the whole range of the stored bits, with edges that make a lossy coding overshoot. */
function pixelsOf({ bitsAllocated = 16, bitsStored = 16, ...image }: TestImage): Buffer {
  const count = ROWS * COLUMNS * (image.samplesPerPixel ?? 1) * (image.numberOfFrames ?? 1);
  const range = 2 ** (bitsAllocated === 8 ? 8 : bitsStored);
  const lowest = image.pixelRepresentation === 1 ? -range / 2 : 0;
  const values = Array.from({ length: count }, (_, index) => {
    const wave = Math.floor((Math.sin(index / 9) * 0.499 + 0.5) * range);
    const isEdge = index % 23 < 4;
    return lowest + (isEdge ? (index % 2) * (range - 1) : wave);
  });
  const array = bitsAllocated === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  return Buffer.from(array.buffer);
}

const tools = new DicomTools();
afterAll(() => tools[Symbol.dispose]());

function encode([tool, ...flags]: Encoder, image: TestImage): { path: string; pixels: Buffer } {
  const pixels = pixelsOf(image);
  const plain = nativeImage({ rows: ROWS, columns: COLUMNS, ...image }, pixels);
  const path = tools.convert(tool, flags, tools.write(plain, EXPLICIT_UID));
  if (path === undefined) throw new Error(`${tool} refuses the image`);
  return { path, pixels };
}

const GREY8: TestImage = { bitsAllocated: 8 };
const GREY12: TestImage = { bitsStored: 12 };
const SIGNED12: TestImage = { bitsStored: 12, pixelRepresentation: 1 };
const SIGNED16: TestImage = { pixelRepresentation: 1 };
const COLOR: TestImage = {
  bitsAllocated: 8,
  samplesPerPixel: 3,
  photometricInterpretation: 'RGB',
};

const missing =
  missingPython('pydicom', 'numpy', 'gdcm') ||
  missingPeer('dcmcrle', 'dcmcjpeg', 'dcmcjpls', 'gdcmconv');

describe.skipIf(missing)('compressed pixels as gdcm reads them', () => {
  const reference = new PythonReference();
  afterAll(() => reference[Symbol.asyncDispose]());

  async function compare(path: string): Promise<Buffer> {
    const theirs = reference.ask({ operation: 'pixels', path });
    const ours = await decodeAllFrames(path);
    compareSamples(ours, await theirs);
    return Buffer.concat(ours.frames.map(frameToBytes));
  }

  const lossless: [string, Encoder, TestImage[]][] = [
    ['RLE', RLE, [GREY8, GREY12, SIGNED12, SIGNED16, COLOR]],
    ['JPEG lossless', JPEG_LOSSLESS, [GREY8, GREY12, SIGNED12, SIGNED16, COLOR]],
    ['JPEG-LS', JPEG_LS, [GREY8, GREY12, SIGNED12, SIGNED16, COLOR]],
    ['JPEG-LS of the stored bits', JPEG_LS_STORED, [GREY12]],
    ['JPEG 2000', J2K, [GREY8, GREY12, SIGNED12, SIGNED16, COLOR]],
  ];
  it.each(lossless)('%s, as it was', async (_, encoder, images) => {
    for (const image of images) {
      const { path, pixels } = encode(encoder, image);
      expect((await compare(path)).equals(pixels)).toBe(true);
    }
  });

  const lossy: [string, Encoder, TestImage[]][] = [
    ['JPEG baseline', ['dcmcjpeg', '+eb'], [GREY8]],
    ['JPEG extended', ['dcmcjpeg', '+ee'], [GREY8, GREY12]],
    ['JPEG-LS near-lossless', JPEG_LS_NEAR, [GREY8, GREY12]],
    ['JPEG-LS near-lossless of the stored bits', JPEG_LS_NEAR_STORED, [GREY12]],
    ['JPEG 2000 lossy', J2K_LOSSY, [GREY8, GREY12, SIGNED12, SIGNED16]],
  ];
  it.each(lossy)('%s, within the stored bits', async (_, encoder, images) => {
    for (const image of images) await compare(encode(encoder, image).path);
  });

  // dcmcjpls writes no signed codestream of the stored bits; their two's complement is what others write.
  it.each([
    ['lossless', JPEG_LS_STORED],
    ['near-lossless', JPEG_LS_NEAR_STORED],
  ] as const)('JPEG-LS of the stored bits, signed, %s', async (_, encoder) => {
    const { path } = encode(encoder, GREY12);
    const source = sourceOf(path);
    const image = { ...SIGNED12, rows: ROWS, columns: COLUMNS };
    const dataSet = encapsulatedImage(image, [extractEncapsulatedFrame(source, 0)]);
    const signed = tools.write(dataSet, source.transferSyntaxUid);
    await compare(signed);
    const { frames } = await decodeAllFrames(signed);
    const [unsigned] = (await decodeAllFrames(path)).frames;
    const expected = unsigned?.values.map((value) => (value < 2048 ? value : value - 4096));
    expect([...(frames[0]?.values ?? [])]).toEqual([...Int16Array.from(expected ?? [])]);
  });

  /** One multi-frame object out of codestreams, cut into fragments. */
  function assemble(
    encoder: Encoder,
    { fragments, table }: { fragments: number; table: 'none' | 'basic' | 'extended' },
  ): { path: string; pixels: Buffer } {
    const image = { ...GREY12, rows: ROWS, columns: COLUMNS, numberOfFrames: FRAMES };
    const { path, pixels } = encode(encoder, image);
    const source = sourceOf(path);
    const parts = Array.from({ length: FRAMES }, (_, frame) =>
      cut(extractEncapsulatedFrame(source, frame), fragments),
    );
    const lengths = parts.map((own) => own.reduce((sum, part) => sum + 8 + part.length, 0));
    const starts = lengths.map((_, frame) =>
      lengths.slice(0, frame).reduce((sum, length) => sum + length, 0),
    );
    const offsets = Buffer.concat(starts.flatMap((at) => [number(at, 4, true), Buffer.alloc(4)]));
    const more =
      table === 'extended' ? { more: [{ tag: 0x7fe00001, vr: 'OV', value: offsets }] } : {};
    const basic = table === 'basic' ? starts : [];
    const dataSet = encapsulatedImage({ ...image, ...more }, parts.flat(), basic);
    return { path: tools.write(dataSet, source.transferSyntaxUid), pixels };
  }

  function cut(codestream: Uint8Array, fragments: number): Uint8Array[] {
    const size = Math.ceil(codestream.length / fragments / 2) * 2;
    return Array.from({ length: fragments }, (_, index) => {
      const part = codestream.subarray(index * size, (index + 1) * size);
      return part.length % 2 === 0 ? part : Buffer.concat([part, Buffer.alloc(1)]);
    });
  }

  it.each([
    ['RLE', RLE, 1, 'none'],
    ['RLE', RLE, 1, 'basic'],
    ['RLE', RLE, 1, 'extended'],
    ['JPEG lossless', JPEG_LOSSLESS, 3, 'none'],
    ['JPEG lossless', JPEG_LOSSLESS, 3, 'basic'],
    ['JPEG lossless', JPEG_LOSSLESS, 3, 'extended'],
    ['JPEG-LS', JPEG_LS, 2, 'none'],
    ['JPEG-LS', JPEG_LS, 2, 'extended'],
    ['JPEG 2000', J2K, 1, 'none'],
    ['JPEG 2000', J2K, 2, 'basic'],
  ] as const)('%s in fragments', async (_, encoder, fragments, table) => {
    const { path, pixels } = assemble(encoder, { fragments, table });
    expect((await compare(path)).equals(pixels)).toBe(true);
  });
});
