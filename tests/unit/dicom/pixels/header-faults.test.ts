import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import {
  encapsulatedImage,
  nativeImage,
  type TestImage,
  words,
} from '#tests/support/test-image.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const RLE_UID = '1.2.840.10008.1.2.5';

async function outcome(bytes: Uint8Array, transferSyntaxUid = EXPLICIT_UID, frame = 0) {
  try {
    const { values } = await decodeFrame({ bytes, transferSyntaxUid }, frame, DEFAULT_LIMITS);
    return [...values];
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  }
}

const PIXELS = words(1, 2, 3, 4);
const COLOR: TestImage = {
  bitsAllocated: 8,
  samplesPerPixel: 3,
  photometricInterpretation: 'RGB',
};

/** One RLE frame of 2 x 2 pixels of 16 bits, all 0x0101. */
const RLE_FRAME = (() => {
  const frame = Buffer.alloc(68);
  frame.writeUInt32LE(2);
  frame.writeUInt32LE(64, 4);
  frame.writeUInt32LE(66, 8);
  frame.set([0xfd, 1, 0xfd, 1], 64);
  return frame;
})();

describe('a header that does not fit its pixels is refused, never decoded into something', () => {
  it.each<[string, TestImage, string]>([
    ['BitsStored over BitsAllocated', { bitsStored: 20 }, 'PIXELS_UNDECODABLE'],
    ['a HighBit over BitsAllocated', { bitsStored: 12, highBit: 16 }, 'PIXELS_UNDECODABLE'],
    ['a HighBit below the stored bits', { bitsStored: 12, highBit: 10 }, 'PIXELS_UNDECODABLE'],
    ['24 allocated bits', { bitsAllocated: 24 }, 'DICOM_UNSUPPORTED'],
    ['64 allocated bits', { bitsAllocated: 64 }, 'DICOM_UNSUPPORTED'],
    ['a row more than there is', { rows: 3 }, 'PIXELS_UNDECODABLE'],
    ['32 bits where there are 16', { bitsAllocated: 32 }, 'PIXELS_UNDECODABLE'],
    ['colour where there is grey', COLOR, 'PIXELS_UNDECODABLE'],
    ['two samples a pixel', { samplesPerPixel: 2 }, 'PIXELS_UNDECODABLE'],
    [
      'a colour model of one sample',
      { photometricInterpretation: 'YBR_FULL' },
      'PIXELS_UNDECODABLE',
    ],
    [
      'a colour model that is none',
      { ...COLOR, columns: 1, rows: 1, photometricInterpretation: 'CMYK' },
      'PIXELS_UNDECODABLE',
    ],
    ['sides whose product passes 32 bits', { rows: 65_535, columns: 65_535 }, 'PIXELS_TOO_LARGE'],
    [
      'more frames than memory has bytes',
      { rows: 60_000, columns: 1_000, numberOfFrames: 2_147_483_647 },
      'PIXELS_TOO_LARGE',
    ],
  ])('%s', async (_, image, code) => {
    expect(await outcome(nativeImage(image, PIXELS))).toBe(code);
  });

  it.each([
    ['a chroma pair that is cut', 3, 3],
    ['an odd number of pixels in pairs', 1, 1],
  ])('%s', async (_, rows, columns) => {
    const image = { ...COLOR, rows, columns, photometricInterpretation: 'YBR_FULL_422' };
    const bytes = nativeImage(image, new Uint8Array(rows * columns * 2), { vr: 'OB' });
    expect(await outcome(bytes)).toBe('PIXELS_UNDECODABLE');
  });

  it('frames that are stated and not there, while those that are there are given', async () => {
    const native = nativeImage({ numberOfFrames: 3 }, PIXELS);
    expect(await outcome(native)).toEqual([1, 2, 3, 4]);
    expect(await outcome(native, EXPLICIT_UID, 1)).toBe('PIXELS_UNDECODABLE');
    expect(await outcome(native, EXPLICIT_UID, 3)).toBe('NOT_FOUND');
    const compressed = encapsulatedImage({ numberOfFrames: 3 }, [RLE_FRAME, RLE_FRAME]);
    for (const frame of [0, 1, 2]) {
      expect(await outcome(compressed, RLE_UID, frame)).toBe('PIXELS_UNDECODABLE');
    }
  });

  it.each<[string, TestImage]>([
    ['more rows', { rows: 3 }],
    ['fewer bits', { bitsAllocated: 8 }],
    ['more bits', { bitsAllocated: 32 }],
    ['more samples', { ...COLOR, bitsAllocated: 16 }],
  ])('RLE of other segments than the header states: %s', async (_, image) => {
    expect(await outcome(encapsulatedImage({}, [RLE_FRAME]), RLE_UID)).toEqual([
      257, 257, 257, 257,
    ]);
    expect(await outcome(encapsulatedImage(image, [RLE_FRAME]), RLE_UID)).toBe(
      'PIXELS_UNDECODABLE',
    );
  });

  it.each<[string, string, Uint8Array]>([
    ['native', EXPLICIT_UID, nativeImage({ numberOfFrames: 2 }, words(1, 2, 3, 4, 5, 6, 7, 8))],
    [
      'native, one bit',
      EXPLICIT_UID,
      nativeImage({ bitsAllocated: 1, rows: 3, columns: 5 }, PIXELS),
    ],
    ['RLE', RLE_UID, encapsulatedImage({ numberOfFrames: 2 }, [RLE_FRAME, RLE_FRAME], [0, 76])],
  ])(
    '%s with bytes changed at random: a code, or as many samples as stated',
    async (_, uid, whole) => {
      let seed = 4_711;
      const random = (below: number) => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
        return (seed >>> 8) % below;
      };
      let decoded = 0;
      for (let round = 0; round < 1_500; round += 1) {
        const bytes = Buffer.from(
          whole.subarray(0, whole.length - (round % 5 === 0 ? random(20) : 0)),
        );
        for (let change = 0; change <= round % 3; change += 1)
          bytes[random(bytes.length)] = random(256);
        const source = { bytes, transferSyntaxUid: uid };
        const frame = await decodeFrame(source, random(2), { maxPixels: 1e6, maxBytes: 1e7 }).catch(
          (error: unknown) => error,
        );
        if (frame instanceof RadTriageError) {
          expect(frame.code).not.toBe('INTERNAL');
          continue;
        }
        if (frame instanceof Error || !isFrame(frame)) throw frame;
        expect(frame.values).toHaveLength(frame.rows * frame.columns * frame.samplesPerPixel);
        decoded += 1;
      }
      expect(decoded).toBeGreaterThan(100);
    },
  );
});

function isFrame(value: unknown): value is DecodedFrame {
  return typeof value === 'object' && value !== null && 'values' in value;
}
