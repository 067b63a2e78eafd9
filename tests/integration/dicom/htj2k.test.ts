import dcmjsCodecs from 'dcmjs-codecs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { frameToBytes } from '#dicom/pixels/decoded-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { encapsulatedImage, type TestImage } from '#tests/support/test-image.ts';

const { Context, NativeCodecs } = dcmjsCodecs;

const ROWS = 67;
const COLUMNS = 53;

beforeAll(() => NativeCodecs.initializeAsync());

/** Neither dcmtk nor gdcm of Debian writes HTJ2K, so the codec's own encoder does; what went in must come out. */
function encode(
  image: Required<Pick<TestImage, 'bitsAllocated' | 'samplesPerPixel'>> & TestImage,
  pixels: Uint8Array,
) {
  const encoded = NativeCodecs.encodeHtJpeg2000(
    new Context({
      width: COLUMNS,
      height: ROWS,
      bitsAllocated: image.bitsAllocated,
      bitsStored: image.bitsStored ?? image.bitsAllocated,
      samplesPerPixel: image.samplesPerPixel,
      pixelRepresentation: image.pixelRepresentation ?? 0,
      planarConfiguration: 0,
      photometricInterpretation: image.photometricInterpretation ?? 'MONOCHROME2',
      decodedBuffer: pixels,
    }),
    { lossy: false },
  ).getEncodedBuffer();
  if (encoded === undefined) throw new Error('nothing was encoded');
  return encoded;
}

describe('HTJ2K lossless', () => {
  it.each([
    ['8 bits', { bitsAllocated: 8, samplesPerPixel: 1 }],
    ['12 of 16 bits', { bitsAllocated: 16, bitsStored: 12, samplesPerPixel: 1 }],
    ['16 bits', { bitsAllocated: 16, samplesPerPixel: 1 }],
    ['16 bits signed', { bitsAllocated: 16, samplesPerPixel: 1, pixelRepresentation: 1 }],
    ['colour', { bitsAllocated: 8, samplesPerPixel: 3, photometricInterpretation: 'RGB' }],
  ])('%s come back as they were', async (_, image: Parameters<typeof encode>[0]) => {
    const count = ROWS * COLUMNS * image.samplesPerPixel;
    const highest = 2 ** (image.bitsStored ?? image.bitsAllocated);
    const values = Array.from(
      { length: count },
      (__, index) => (index * 37 + (index >> 5) * 11) % highest,
    );
    const array = image.bitsAllocated === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
    const pixels = Buffer.from(array.buffer);
    const bytes = encapsulatedImage({ ...image, rows: ROWS, columns: COLUMNS }, [
      encode(image, pixels),
    ]);
    for (const transferSyntaxUid of ['1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.202']) {
      const frame = await decodeFrame({ bytes, transferSyntaxUid }, 0, DEFAULT_LIMITS);
      expect(Buffer.from(frameToBytes(frame)).equals(pixels)).toBe(true);
    }
  });
});
