import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { toDisplayPixels } from '#dicom/images/display-pixels.ts';
import { glyphOf } from '#dicom/images/glyphs.ts';
import {
  fitSize,
  type HeatmapOverlay,
  renderMarkedFrame,
  renderThumbnail,
} from '#dicom/images/render.ts';
import { renderResultPicture } from '#dicom/images/result-picture.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';

function frame(overrides: Partial<DecodedFrame> = {}): DecodedFrame {
  const rows = overrides.rows ?? 4;
  const columns = overrides.columns ?? 4;
  return {
    rows,
    columns,
    samplesPerPixel: 1,
    values: Int16Array.from({ length: rows * columns }, (_, index) => index),
    photometricInterpretation: 'MONOCHROME2',
    bitsAllocated: 16,
    bitsStored: 16,
    pixelRepresentation: 1,
    frame: 0,
    numberOfFrames: 1,
    rescaleSlope: 1,
    rescaleIntercept: 0,
    windowCenter: [],
    windowWidth: [],
    ...overrides,
  };
}

describe('toDisplayPixels', () => {
  it('inverts MONOCHROME1 and nothing else', () => {
    const given = { windowCenter: [8], windowWidth: [16] };
    const dark = toDisplayPixels(frame(given)).values;
    const light = toDisplayPixels(
      frame({ ...given, photometricInterpretation: 'MONOCHROME1' }),
    ).values;
    expect(dark[0]).toBe(0);
    expect([...light]).toEqual([...dark].map((value) => 255 - value));
  });

  it('windows modality values, not stored ones', () => {
    const given = { rescaleSlope: 2, rescaleIntercept: -10, windowCenter: [6], windowWidth: [20] };
    const rescaled = toDisplayPixels(frame(given)).values;
    const values = Float32Array.from({ length: 16 }, (_, index) => index * 2 - 10);
    const plain = toDisplayPixels(
      frame({ ...given, values, rescaleSlope: 1, rescaleIntercept: 0 }),
    );
    expect([...rescaled]).toEqual([...plain.values]);
  });

  it('takes percentiles without a usable window, and leaves padding out of them', () => {
    const values = Int16Array.from({ length: 400 }, (_, index) => (index < 200 ? -2000 : index));
    const given = { rows: 20, columns: 20, values, windowCenter: [0], windowWidth: [0] };
    const shown = toDisplayPixels(frame({ ...given, pixelPaddingValue: -2000 })).values;
    expect(shown[0]).toBe(0);
    expect(shown[300]).toBeGreaterThan(100);
    expect(shown[300]).toBeLessThan(160);
    expect(toDisplayPixels(frame({ values: new Int16Array(16) })).values).toHaveLength(16);
  });

  it('goes through a VOI LUT, unless the caller asks for a window', () => {
    const voiLut = { firstMapped: 0, values: Uint16Array.of(0, 255, 0), bits: 8 };
    const given = frame({ values: Int16Array.of(0, 1, 2, 9), rows: 2, columns: 2, voiLut });
    expect([...toDisplayPixels(given).values]).toEqual([0, 255, 0, 0]);
    expect(toDisplayPixels(given, { center: 5, width: 10 }).values[3]).toBeGreaterThan(200);
  });
});

describe('renderThumbnail', () => {
  it('keeps the picture, and makes non-square pixels square', async () => {
    const values = Int16Array.from({ length: 100 * 50 }, (_, index) =>
      index % 50 < 25 ? 0 : 1000,
    );
    const given = frame({ rows: 100, columns: 50, values, pixelSpacing: [1, 2] });
    const png = await renderThumbnail(given, { maxSize: 64 });
    const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([64, 64]);
    expect(data[10 * info.width + 5]).toBeLessThan(10);
    expect(data[10 * info.width + 60]).toBeGreaterThan(245);
  });

  it('gives JPEG, and does not enlarge', async () => {
    const { format, width } = await sharp(
      await renderThumbnail(frame(), { maxSize: 64, format: 'jpeg' }),
    ).metadata();
    expect([format, width]).toEqual(['jpeg', 4]);
  });

  it.each([
    [[0.5, 0.5], 100, 50],
    [[1, 0.5], 100, 100],
    [[0, 1], 100, 50],
    [[1000, 1], 100, 50],
  ])('spacing %j', (pixelSpacing, width, height) => {
    const given = { rows: 50, columns: 100, pixelSpacing };
    expect(fitSize(given, 100, { enlarge: false })).toEqual({ width, height });
  });
});

describe('a picture of a result', () => {
  const black = frame({
    rows: 64,
    columns: 64,
    values: new Int16Array(64 * 64),
    windowCenter: [500],
    windowWidth: [100],
  });

  function at(image: { width: number; rgb: Uint8Array }, x: number, y: number): number[] {
    return [...image.rgb.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)];
  }

  it('says "not for diagnosis" below the image, legible without any font', async () => {
    const image = await renderResultPicture(black, { maxSize: 256, legend: [] });
    // One dot a pixel at this size: N is 7F 04 08 10 7F by columns from the left, 4 pixels in.
    const top = image.height - 12 + 2;
    const column = (x: number) =>
      Array.from({ length: 8 }, (_, row) => (at(image, x, top + row)[0] === 255 ? 1 << row : 0));
    const pattern = (x: number) => column(x).reduce((sum, bit) => sum | bit, 0);
    expect([4, 5, 6, 7, 8].map(pattern)).toEqual([0x7f, 0x04, 0x08, 0x10, 0x7f]);
    expect(image.width).toBe(256);
    // Nothing of the image is covered: it stands whole between the bands.
    expect(image.height).toBe(256 + 12 + 12);
  });

  it('breaks long legends into lines and shows what the colours of a heatmap mean', async () => {
    const plain = await renderResultPicture(black, { maxSize: 256, legend: ['short'] });
    const long = await renderResultPicture(black, { maxSize: 256, legend: ['word '.repeat(20)] });
    expect(long.height - plain.height).toBe(2 * 10);
    const heatmap: HeatmapOverlay = {
      rows: 1,
      columns: 1,
      values: Float32Array.of(0),
      transform: { scaleX: 64, scaleY: 64, originX: 0, originY: 0 },
    };
    const scaled = await renderResultPicture(black, {
      maxSize: 256,
      legend: ['short'],
      heatmap,
      unit: 'attention',
    });
    expect(scaled.height - plain.height).toBe(10);
    const row = Array.from({ length: 256 }, (_, x) => at(scaled, x, 2 + 10 + 4));
    expect(row).toContainEqual([255, 0, 0]);
  });

  it('draws boxes and heatmaps where they lie in source pixels', async () => {
    const heatmap: HeatmapOverlay = {
      rows: 2,
      columns: 2,
      values: Float32Array.of(0, 0, 0, 1),
      transform: { scaleX: 16, scaleY: 16, originX: 16, originY: 16 },
    };
    const image = await renderMarkedFrame(black, {
      maxSize: 256,
      heatmap,
      boxes: [{ box: [8, 16, 4, 4] }],
    });
    expect(at(image, 32, 64)).toEqual([255, 214, 0]);
    expect(at(image, 40, 72)).toEqual([0, 0, 0]);
    // The hottest cell is centred on source pixel 40, 40; beyond the map nothing is painted.
    expect(at(image, 160, 160)[0]).toBeGreaterThan(120);
    expect(at(image, 200, 200)).toEqual([0, 0, 0]);
    expect(at(image, 100, 100)).toEqual([0, 0, 0]);
  });

  it('takes colour frames too, and survives marks outside the image', async () => {
    const values = new Uint8Array(8 * 8 * 3).fill(200);
    const color = frame({
      rows: 8,
      columns: 8,
      samplesPerPixel: 3,
      values,
      bitsStored: 8,
      photometricInterpretation: 'RGB',
    });
    const image = await renderResultPicture(color, {
      maxSize: 1024,
      legend: ['Befund: Rippenfraktur \u2013 0.9'],
      boxes: [{ box: [-5, -5, 100, 2], label: 'outside' }],
      heatmap: {
        rows: 1,
        columns: 1,
        values: Float32Array.of(Number.NaN),
        transform: { scaleX: 8, scaleY: 8, originX: 0, originY: 0 },
      },
    });
    expect(image.rgb.length).toBe(image.width * image.height * 3);
    expect(at(image, 512, 600)).toEqual([200, 200, 200]);
  });

  it('has a letter for every printable ASCII character, each its own', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
    const forms = new Set(printable.map((character) => glyphOf(character).join()));
    expect(forms.size).toBe(95);
    expect(glyphOf('\u00e4')).toEqual(glyphOf('?'));
  });
});
