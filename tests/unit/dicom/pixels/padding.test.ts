import { describe, expect, it } from 'vitest';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { paddingMask, paddingTest } from '#dicom/pixels/padding.ts';
import { IMPLICIT } from '#tests/support/data-set-bytes.ts';
import { nativeImage, type TestImage, words } from '#tests/support/test-image.ts';

const VALUE = 0x00280120;
const LIMIT = 0x00280121;

function decode(image: TestImage, ...pixels: number[]) {
  const bytes = nativeImage({ ...image, rows: 1, columns: pixels.length }, words(...pixels));
  return decodeFrame({ bytes, transferSyntaxUid: '1.2.840.10008.1.2.1' }, 0, DEFAULT_LIMITS);
}

describe('padding (PS3.3 C.7.5.1.1.2)', () => {
  it('is one value, or a range given from either end', async () => {
    const frame = await decode({}, 1);
    const one = paddingTest({ ...frame, pixelPaddingValue: 5 });
    expect([4, 5, 6].map((value) => one?.(value))).toEqual([false, true, false]);
    for (const [value, limit] of [
      [5, 9],
      [9, 5],
    ]) {
      const range = { ...frame, pixelPaddingValue: value, pixelPaddingRangeLimit: limit };
      expect([4, 5, 9, 10].map((stored) => paddingTest(range)?.(stored))).toEqual([
        false,
        true,
        true,
        false,
      ]);
    }
    expect(paddingTest(frame)).toBeUndefined();
    expect(paddingTest({ ...frame, pixelPaddingRangeLimit: 3 })).toBeUndefined();
  });

  it.each(['US', 'SS'])('has the sign of the pixels, though written as %s', async (vr) => {
    const more = [
      { tag: VALUE, vr, value: words(-2000) },
      { tag: LIMIT, vr, value: words(-1500) },
    ];
    expect(await decode({ more, pixelRepresentation: 1 }, 1)).toMatchObject({
      pixelPaddingValue: -2000,
      pixelPaddingRangeLimit: -1500,
    });
    expect(await decode({ more }, 1)).toMatchObject({ pixelPaddingValue: 63_536 });
  });

  it('has the sign of the pixels where no VR is written', async () => {
    const more = [{ tag: VALUE, vr: 'US', value: words(-2000) }];
    const image = { rows: 1, columns: 1, pixelRepresentation: 1, more };
    const bytes = nativeImage(image, words(1), { encoding: IMPLICIT });
    const source = { bytes, transferSyntaxUid: '1.2.840.10008.1.2' };
    expect((await decodeFrame(source, 0, DEFAULT_LIMITS)).pixelPaddingValue).toBe(-2000);
  });

  it('is marked pixel by pixel, and not at all where there is none', async () => {
    const more = [{ tag: VALUE, vr: 'US', value: words(7) }];
    expect(paddingMask(await decode({ more }, 7, 1, 7))).toEqual(Uint8Array.of(1, 0, 1));
    expect(paddingMask(await decode({ more }, 8, 1, 6))).toBeUndefined();
    expect(paddingMask(await decode({}, 7))).toBeUndefined();
  });
});
