import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { applyModalityLut, frameToBytes, toGrey, toRgb } from '#dicom/pixels/decoded-frame.ts';
import { extractEncapsulatedFrame, extractNativeFrame } from '#dicom/pixels/frame-bytes.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { BIG_ENDIAN, IMPLICIT, text } from '#tests/support/data-set-bytes.ts';
import {
  encapsulatedImage,
  nativeImage,
  type TestImage,
  words,
} from '#tests/support/test-image.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const IMPLICIT_UID = '1.2.840.10008.1.2';
const BIG_ENDIAN_UID = '1.2.840.10008.1.2.2';
const DEFLATED_UID = '1.2.840.10008.1.2.1.99';
const RLE_UID = '1.2.840.10008.1.2.5';
const JPEG_UID = '1.2.840.10008.1.2.4.50';
const J2K_UID = '1.2.840.10008.1.2.4.90';

function decode(bytes: Uint8Array, transferSyntaxUid = EXPLICIT_UID, frame = 0) {
  return decodeFrame({ bytes, transferSyntaxUid }, frame, DEFAULT_LIMITS);
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  }
  return 'none';
}

describe('native pixels', () => {
  const ramp = words(1, 2, 300, 65_535);

  it('reads the same values from every byte order and from a deflated data set', async () => {
    const swapped = Buffer.from(ramp).swap16();
    const frames = await Promise.all([
      decode(nativeImage({}, ramp)),
      decode(nativeImage({}, ramp, { encoding: IMPLICIT }), IMPLICIT_UID),
      decode(nativeImage({}, swapped, { encoding: BIG_ENDIAN }), BIG_ENDIAN_UID),
      decode(deflateRawSync(nativeImage({}, ramp)), DEFLATED_UID),
    ]);
    for (const frame of frames) expect([...frame.values]).toEqual([1, 2, 300, 65_535]);
  });

  it('swaps 8-bit pixels in big endian OW, and not in OB (PS3.5 8.1.2)', async () => {
    const image = { bitsAllocated: 8 };
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const inWords = nativeImage(image, bytes, { encoding: BIG_ENDIAN, vr: 'OW' });
    const inBytes = nativeImage(image, bytes, { encoding: BIG_ENDIAN, vr: 'OB' });
    expect([...(await decode(inWords, BIG_ENDIAN_UID)).values]).toEqual([2, 1, 4, 3]);
    expect([...(await decode(inBytes, BIG_ENDIAN_UID)).values]).toEqual([1, 2, 3, 4]);
  });

  it('takes out the stored bits, and extends the sign from the highest of them', async () => {
    const pixels = words(0xf800, 0x0801, 0x0fff, 0x77ff);
    const image = { bitsStored: 12 };
    expect([...(await decode(nativeImage(image, pixels))).values]).toEqual([
      2048, 2049, 4095, 2047,
    ]);
    const signed = await decode(nativeImage({ ...image, pixelRepresentation: 1 }, pixels));
    expect(signed.values).toBeInstanceOf(Int16Array);
    expect([...signed.values]).toEqual([-2048, -2047, -1, 2047]);
    const shifted = await decode(nativeImage({ ...image, highBit: 15 }, pixels));
    expect([...shifted.values]).toEqual([0xf80, 0x80, 0xff, 0x77f]);
  });

  it('reads 32-bit, float and double pixels', async () => {
    const long = Buffer.alloc(16);
    long.writeInt32LE(-70_000, 4);
    const image = { bitsAllocated: 32, pixelRepresentation: 1 };
    expect([...(await decode(nativeImage(image, long))).values]).toEqual([0, -70_000, 0, 0]);
    const float = Buffer.from(Float32Array.of(1.5, -2, 0, 4).buffer);
    const inFloat = nativeImage(image, float, { vr: 'OF', tag: 0x7fe00008 });
    expect([...(await decode(inFloat)).values]).toEqual([1.5, -2, 0, 4]);
    const double = Buffer.from(Float64Array.of(1.1, -2, 0, 4).buffer);
    const inDouble = nativeImage(image, double, { vr: 'OD', tag: 0x7fe00009 });
    expect([...(await decode(inDouble)).values]).toEqual([1.1, -2, 0, 4]);
  });

  it('reads the frame asked for, of odd sizes too', async () => {
    const image = { rows: 3, columns: 1, bitsAllocated: 8, numberOfFrames: 3 };
    const bytes = nativeImage(image, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    expect([...(await decode(bytes, EXPLICIT_UID, 2)).values]).toEqual([7, 8, 9]);
    expect(await codeOf(decode(bytes, EXPLICIT_UID, 3))).toBe('NOT_FOUND');
    expect([...extractNativeFrame({ bytes, transferSyntaxUid: EXPLICIT_UID }, 1)]).toEqual([
      4, 5, 6,
    ]);
  });

  it('reads pixels of one bit, the first in the lowest, frames following each other within a byte', async () => {
    const image = { rows: 1, columns: 5, bitsAllocated: 1, numberOfFrames: 3 };
    // 11010 01101 00011, read from the low end of each byte.
    const bytes = nativeImage(image, Uint8Array.of(0b11001011, 0b01100010), { vr: 'OB' });
    const frames = await Promise.all([0, 1, 2].map((frame) => decode(bytes, EXPLICIT_UID, frame)));
    expect(frames.map(({ values }) => [...values].join(''))).toEqual(['11010', '01101', '00011']);
    expect(frames[0]).toMatchObject({ bitsAllocated: 8, bitsStored: 1 });
    const packed = extractNativeFrame({ bytes, transferSyntaxUid: EXPLICIT_UID }, 1);
    expect((packed[0] ?? 0) & 0b11111).toBe(0b10110);
    const short = nativeImage({ ...image, numberOfFrames: 4 }, Uint8Array.of(1, 2), { vr: 'OB' });
    expect(await codeOf(decode(short, EXPLICIT_UID, 3))).toBe('PIXELS_UNDECODABLE');
    const inWords = nativeImage(image, Uint8Array.of(0b01100010, 0b11001011), {
      encoding: BIG_ENDIAN,
    });
    expect([...(await decode(inWords, BIG_ENDIAN_UID, 2)).values]).toEqual([0, 0, 0, 1, 1]);
  });

  it('finds native pixels that a compressed transfer syntax hides', async () => {
    expect([...(await decode(nativeImage({}, ramp), RLE_UID)).values]).toEqual([1, 2, 300, 65_535]);
  });

  it('gives native frames as little endian bytes', () => {
    const swapped = Buffer.from(ramp).swap16();
    const bytes = nativeImage({}, swapped, { encoding: BIG_ENDIAN });
    const frame = extractNativeFrame({ bytes, transferSyntaxUid: BIG_ENDIAN_UID }, 0);
    expect(Buffer.from(frame)).toEqual(Buffer.from(ramp));
  });
});

describe('colour', () => {
  const image: TestImage = { rows: 1, columns: 2, samplesPerPixel: 3, bitsAllocated: 8 };

  it('interleaves planes', async () => {
    const planes = Uint8Array.of(1, 2, 10, 20, 100, 200);
    const given = { ...image, photometricInterpretation: 'RGB', planarConfiguration: 1 };
    const frame = await decode(nativeImage(given, planes));
    expect([...frame.values]).toEqual([1, 10, 100, 2, 20, 200]);
  });

  it('turns YBR_FULL and YBR_FULL_422 into RGB', async () => {
    // Pure red, green and grey by the equations of PS3.3 C.7.6.3.1.2.
    const full = { ...image, columns: 3, photometricInterpretation: 'YBR_FULL' };
    const frame = await decode(
      nativeImage(full, Uint8Array.of(76, 85, 255, 150, 44, 21, 99, 128, 128)),
    );
    expect(frame.photometricInterpretation).toBe('RGB');
    [254, 0, 0, 0, 255, 1, 99, 99, 99].forEach((value, index) => {
      expect(Math.abs((frame.values[index] ?? 0) - value)).toBeLessThanOrEqual(1);
    });
    const halved = { ...image, photometricInterpretation: 'YBR_FULL_422' };
    const pair = await decode(nativeImage(halved, Uint8Array.of(50, 200, 128, 128)));
    expect([...pair.values]).toEqual([50, 50, 50, 200, 200, 200]);
    const unhalved = await decode(nativeImage(halved, Uint8Array.of(50, 128, 128, 200, 128, 128)));
    expect([...unhalved.values]).toEqual([50, 50, 50, 200, 200, 200]);
  });

  it('applies palettes, with indices beyond them held to their ends', async () => {
    const table = (tag: number, entries: number[]) => ({ tag, vr: 'OW', value: words(...entries) });
    const descriptor = (tag: number) => ({ tag, vr: 'US', value: words(2, 10, 16) });
    const bytes = nativeImage(
      {
        rows: 1,
        columns: 4,
        bitsAllocated: 8,
        photometricInterpretation: 'PALETTE COLOR',
        more: [
          descriptor(0x00281101),
          descriptor(0x00281102),
          descriptor(0x00281103),
          table(0x00281201, [0x1000, 0xff00]),
          table(0x00281202, [0x2000, 0x0000]),
          table(0x00281203, [0x3000, 0x8000]),
        ],
      },
      Uint8Array.of(10, 11, 0, 255),
    );
    const frame = await decode(bytes);
    expect([...frame.values]).toEqual([10, 11, 0, 255]);
    const last = [0xff, 0, 0x80];
    const first = [0x10, 0x20, 0x30];
    expect([...toRgb(frame).values]).toEqual([...first, ...last, ...first, ...last]);
    expect(toGrey(frame)).toMatchObject({
      samplesPerPixel: 1,
      photometricInterpretation: 'MONOCHROME2',
    });
  });

  it('reads palettes in segments: values, lines and repetitions (PS3.3 C.7.9.2)', async () => {
    const descriptor = (tag: number) => ({ tag, vr: 'US', value: words(12, 0, 16) });
    // 0x1000, 0x2000; a line in four steps to 0x6000; both once more from byte 0.
    const segments = words(0, 2, 0x1000, 0x2000, 1, 4, 0x6000, 2, 2, 0, 0);
    const palette = (value: Uint8Array) => ({
      rows: 1,
      columns: 12,
      bitsAllocated: 8,
      photometricInterpretation: 'PALETTE COLOR',
      more: [0, 1, 2].flatMap((color) => [
        descriptor(0x00281101 + color),
        { tag: 0x00281221 + color, vr: 'OW', value },
      ]),
    });
    const pixels = Uint8Array.from({ length: 12 }, (_, index) => index);
    const rgb = toRgb(await decode(nativeImage(palette(segments), pixels)));
    const once = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60];
    expect([...rgb.values].filter((_, index) => index % 3 === 0)).toEqual([...once, ...once]);
    const broken = [
      words(1, 12, 5),
      words(0, 13, ...pixels, 12),
      words(0, 2, 1, 2, 2, 1, 8, 0),
      words(0, 2, 1, 2, 7, 1),
      words(0, 2, 1, 2),
      words(0, 200, 1, 2),
    ];
    for (const value of broken) {
      const frame = await decode(nativeImage(palette(value), pixels));
      expect(() => toRgb(frame)).toThrow('palette');
    }
  });

  it('tells a dark palette of 16 bits from one that fills the lower byte only', async () => {
    const table = (tag: number, entry: number) => ({ tag, vr: 'OW', value: words(entry) });
    const descriptor = (tag: number) => ({ tag, vr: 'US', value: words(1, 0, 16) });
    const rgb = async (...entries: [number, number, number]) => {
      const more = entries.flatMap((entry, color) => [
        descriptor(0x00281101 + color),
        table(0x00281201 + color, entry),
      ]);
      const given = { rows: 1, columns: 1, bitsAllocated: 8, more };
      const image = { ...given, photometricInterpretation: 'PALETTE COLOR' };
      return [...toRgb(await decode(nativeImage(image, Uint8Array.of(0)))).values];
    };
    expect(await rgb(200, 0x8000, 200)).toEqual([0, 0x80, 0]);
    expect(await rgb(200, 80, 0)).toEqual([200, 80, 0]);
  });

  it('halves the chroma of native YBR_PARTIAL_422 too', async () => {
    const partial = { ...image, photometricInterpretation: 'YBR_PARTIAL_422' };
    const frame = await decode(nativeImage(partial, Uint8Array.of(16, 235, 128, 128)));
    expect([...frame.values]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  it('does not wrap the luminance of 32-bit colour', async () => {
    const given = { ...image, columns: 1, bitsAllocated: 32, photometricInterpretation: 'RGB' };
    const value = Buffer.from(Uint32Array.of(70_000, 70_000, 70_000).buffer);
    expect([...toGrey(await decode(nativeImage(given, value))).values]).toEqual([70_000]);
  });

  it('gives luminance for analysis, and refuses modality values of colour', async () => {
    const given = { ...image, photometricInterpretation: 'RGB' };
    const frame = await decode(nativeImage(given, Uint8Array.of(255, 0, 0, 0, 255, 0)));
    expect([...toGrey(frame).values]).toEqual([76, 150]);
    expect(() => applyModalityLut(frame)).toThrow('colour');
    expect([...applyModalityLut(toGrey(frame))]).toEqual([76, 150]);
  });
});

describe('modality values (PS3.3 C.11.1)', () => {
  it('rescales, and leaves MONOCHROME1 as it is', async () => {
    const more = [text(0x00281052, 'DS', '-1024'), text(0x00281053, 'DS', '0.5')];
    const image = { more, photometricInterpretation: 'MONOCHROME1' };
    const frame = await decode(nativeImage(image, words(0, 2048, 4, 1)));
    expect([...applyModalityLut(frame)]).toEqual([-1024, 0, -1022, -1023.5]);
    expect(frame.photometricInterpretation).toBe('MONOCHROME1');
  });

  it('goes through the table of ModalityLUTSequence', async () => {
    const item = [
      { tag: 0x00283002, vr: 'SS', value: words(3, -1, 16) },
      { tag: 0x00283006, vr: 'OW', value: words(100, 200, 300) },
    ];
    const more = [{ tag: 0x00283000, vr: 'SQ', value: [item] }];
    const image = { more, pixelRepresentation: 1 };
    const frame = await decode(nativeImage(image, words(-5, -1, 0, 9)));
    expect([...applyModalityLut(frame)]).toEqual([100, 100, 200, 300]);
  });

  it('takes a slope of zero for none', async () => {
    const more = [text(0x00281053, 'DS', '0')];
    const frame = await decode(nativeImage({ more }, words(1, 2, 3, 4)));
    expect([...applyModalityLut(frame)]).toEqual([1, 2, 3, 4]);
    expect(Buffer.from(frameToBytes(frame))).toEqual(Buffer.from(words(1, 2, 3, 4)));
  });
});

describe('RLE (PS3.5 annex G)', () => {
  function rle(...segments: number[][]): Uint8Array {
    const header = Buffer.alloc(64);
    header.writeUInt32LE(segments.length);
    let offset = 64;
    segments.forEach((segment, index) => {
      header.writeUInt32LE(offset, 4 + index * 4);
      offset += segment.length;
    });
    return Buffer.concat([header, ...segments.map((segment) => Buffer.from(segment))]);
  }

  it('reads literal and replicate runs, the high bytes first', async () => {
    // High bytes: one repeated four times; low bytes: four literals, after a byte that says nothing.
    const frame = rle([0xfd, 0x01], [0x80, 0x03, 1, 2, 3, 4]);
    const decoded = await decode(encapsulatedImage({}, [frame]), RLE_UID);
    expect([...decoded.values]).toEqual([0x101, 0x102, 0x103, 0x104]);
  });

  it.each([
    ['a cut header', rle([0xfd, 1], [0xfd, 1]).subarray(0, 60)],
    ['too few segments', rle([0xfd, 1])],
    ['a segment that ends early', rle([0xfe, 1], [0xfd, 1])],
    [
      'offsets outside the frame',
      (() => {
        const frame = Buffer.from(rle([0xfd, 1], [0xfd, 1]));
        frame.writeUInt32LE(0xffff, 8);
        return frame;
      })(),
    ],
  ])('refuses %s', async (_, frame) => {
    expect(await codeOf(decode(encapsulatedImage({}, [frame]), RLE_UID))).toBe(
      'PIXELS_UNDECODABLE',
    );
  });
});

describe('fragments of encapsulated frames (PS3.5 A.4)', () => {
  const first = [Buffer.from('ffd8ffe00001', 'hex'), Buffer.from('aabb', 'hex')];
  const second = [Buffer.from('ffd8ffe00002', 'hex'), Buffer.from('ccdd', 'hex')];
  const fragments = [...first, ...second];
  const image = { numberOfFrames: 2, bitsAllocated: 8 };
  const extract = (bytes: Uint8Array, frame: number) =>
    Buffer.from(extractEncapsulatedFrame({ bytes, transferSyntaxUid: JPEG_UID }, frame));

  it.each<[string, number[]]>([
    ['by the basic offset table', [0, 24]],
    ['by the markers without a table', []],
    ['by the markers when the table points nowhere', [0, 7]],
  ])('finds frames %s', (_, offsets) => {
    const bytes = encapsulatedImage(image, fragments, offsets);
    expect(extract(bytes, 0)).toEqual(Buffer.concat(first));
    expect(extract(bytes, 1)).toEqual(Buffer.concat(second));
  });

  it('finds frames by the extended offset table', () => {
    const parts = [
      Buffer.from('0001', 'hex'),
      Buffer.from('0203', 'hex'),
      Buffer.from('0405', 'hex'),
    ];
    const table = Buffer.alloc(16);
    table.writeBigUInt64LE(10n, 8);
    const more = [{ tag: 0x7fe00001, vr: 'OV', value: table }];
    const bytes = encapsulatedImage({ ...image, more }, parts);
    expect(extract(bytes, 0)).toEqual(parts[0]);
    expect(extract(bytes, 1)).toEqual(Buffer.concat(parts.slice(1)));
  });

  it('takes one fragment a frame, and all fragments for a single frame', () => {
    expect(extract(encapsulatedImage(image, first), 1)).toEqual(first[1]);
    const single = encapsulatedImage({ bitsAllocated: 8 }, fragments);
    expect(extract(single, 0)).toEqual(Buffer.concat(fragments));
  });

  it('says so when fragments cannot be assigned', () => {
    const parts = ['aabb', 'ccdd', 'eeff'].map((hex) => Buffer.from(hex, 'hex'));
    const bytes = encapsulatedImage(image, parts);
    expect(() => extract(bytes, 0)).toThrow('cannot be assigned');
  });
});

describe('what is refused before anything is decoded', () => {
  it('a missing PixelData', async () => {
    expect(await codeOf(decode(nativeImage({}, words(1), { tag: 0x00091001 })))).toBe(
      'PIXELS_MISSING',
    );
    expect(await codeOf(decode(nativeImage({}, new Uint8Array(0))))).toBe('PIXELS_MISSING');
  });

  it('sizes over the limits, without arithmetic wrapping round', async () => {
    const huge = nativeImage({ rows: 65_535, columns: 65_535 }, words(1));
    expect(await codeOf(decode(huge))).toBe('PIXELS_TOO_LARGE');
    const many = nativeImage(
      { rows: 4096, columns: 4096, numberOfFrames: 2_147_483_647 },
      words(1),
    );
    expect(await codeOf(decode(many))).toBe('PIXELS_TOO_LARGE');
    const limits = { maxPixels: 3, maxBytes: 1e9 };
    const source = { bytes: nativeImage({}, words(1, 2, 3, 4)), transferSyntaxUid: EXPLICIT_UID };
    expect(await codeOf(decodeFrame(source, 0, limits))).toBe('PIXELS_TOO_LARGE');
  });

  it.each<[string, TestImage, string]>([
    ['twelve packed bits a pixel', { bitsAllocated: 12 }, 'DICOM_UNSUPPORTED'],
    [
      'one bit stored of one allocated twice',
      { bitsAllocated: 1, bitsStored: 2 },
      'PIXELS_UNDECODABLE',
    ],
    ['more bits stored than allocated', { bitsStored: 17 }, 'PIXELS_UNDECODABLE'],
    ['four samples a pixel', { samplesPerPixel: 4 }, 'PIXELS_UNDECODABLE'],
    ['three samples of monochrome', { samplesPerPixel: 3 }, 'PIXELS_UNDECODABLE'],
    ['rows of zero', { rows: 0 }, 'PIXELS_UNDECODABLE'],
    ['pixel data shorter than stated', { rows: 3 }, 'PIXELS_UNDECODABLE'],
  ])('%s', async (_, image, code) => {
    expect(await codeOf(decode(nativeImage(image, words(1, 2, 3, 4))))).toBe(code);
  });

  it('pixel data that is cut', async () => {
    const cut = nativeImage({}, words(1, 2, 3, 4)).subarray(0, -2);
    expect(await codeOf(decode(cut))).toBe('DICOM_TRUNCATED');
  });

  it('an unknown transfer syntax', async () => {
    expect(await codeOf(decode(nativeImage({}, words(1)), '1.2.3'))).toBe('DICOM_UNSUPPORTED');
  });

  it('a codestream that claims another size than the header', async () => {
    const claim = Buffer.from('ffd8ffc0000b08ffffffff01011100', 'hex');
    const jpeg = encapsulatedImage({ bitsAllocated: 8 }, [claim]);
    expect(await codeOf(decode(jpeg, JPEG_UID))).toBe('PIXELS_UNDECODABLE');
    const size = Buffer.from(
      `ff4fff51002f0000${'7fffffff'.repeat(2)}${'00000000'.repeat(2)}${'7fffffff'.repeat(2)}${'00000000'.repeat(2)}00010f0101`,
      'hex',
    );
    const j2k = encapsulatedImage({}, [size]);
    expect(await codeOf(decode(j2k, J2K_UID))).toBe('PIXELS_UNDECODABLE');
    const nothing = encapsulatedImage({}, [Buffer.from('0000', 'hex')]);
    expect(await codeOf(decode(nothing, J2K_UID))).toBe('PIXELS_UNDECODABLE');
  });
});
