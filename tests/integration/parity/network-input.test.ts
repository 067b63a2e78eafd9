import { afterAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import { imageFacts } from '#models/manifest/image-facts.ts';
import { inputSchema } from '#models/manifest/input.ts';
import { patientOrientation } from '#models/preprocess/orientation.ts';
import { prepareImage, type Slice } from '#models/preprocess/preprocess.ts';
import { sourceImage } from '#models/preprocess/source-image.ts';
import { type TestElement, text } from '#tests/support/data-set-bytes.ts';
import { DicomTools, sourceOf } from '#tests/support/dicom-tools.ts';
import { missingPython } from '#tests/support/python.ts';
import { sharedData } from '#tests/support/shared-data.ts';
import { nativeImage, type TestImage, words } from '#tests/support/test-image.ts';
import { PythonReference } from './reference.ts';

/** Of a window from 0 to 1, in float32. */
const TOLERANCE = 1e-4;

type Input = z.input<typeof inputSchema>;

const PLAIN = {
  name: 'image',
  size: [48, 40],
  window: { kind: 'percentile', low: 0.5, high: 99.5 },
  resize: { kind: 'area-letterbox', pad: 0 },
  normalise: { mean: 0, std: 1 },
} satisfies Input;

const INPUTS: readonly [name: string, input: Input][] = [
  ['percentile', PLAIN],
  ['percentile, all of it', { ...PLAIN, window: { kind: 'percentile', low: 0, high: 100 } }],
  ['fixed', { ...PLAIN, window: { kind: 'fixed', center: 40, width: 400 } }],
  ['full range', { ...PLAIN, window: { kind: 'full-range' } }],
  ['voi, or the full range', { ...PLAIN, window: { kind: 'voi' } }],
  ['voi, or percentiles', { ...PLAIN, window: { kind: 'voi', otherwise: PLAIN.window } }],
  ['letterbox with grey beside it', { ...PLAIN, resize: { kind: 'area-letterbox', pad: 0.4 } }],
  ['stretched', { ...PLAIN, resize: { kind: 'area-stretch' } }],
  ['cropped', { ...PLAIN, resize: { kind: 'centre-crop' } }],
  ['cut or padded', { ...PLAIN, resize: { kind: 'crop-or-pad', pad: 0.1 } }],
  ['larger than most images', { ...PLAIN, size: [600, 700], resize: { kind: 'area-stretch' } }],
  ['-1024 to 1024', { ...PLAIN, normalise: { mean: 0.5, std: 1 / 2048 } }],
  [
    'three channels as of ImageNet',
    {
      ...PLAIN,
      channels: 3,
      normalise: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    },
  ],
  [
    'one pixel spacing, cut',
    {
      ...PLAIN,
      pixelSpacing: { mm: [0.9, 1.3], ifMissing: 'keep' },
      resize: { kind: 'crop-or-pad', pad: 0 },
    },
  ],
  ['seen from the patient', { ...PLAIN, orientation: 'patient' }],
  [
    'seen from the patient at one spacing',
    { ...PLAIN, orientation: 'patient', pixelSpacing: { mm: [2, 1], ifMissing: 'keep' } },
  ],
];

/** Of the generated images, of the larger real ones. */
const TILES: readonly [name: string, small: Input, large: Input][] = [
  [
    'overlapping tiles',
    { ...PLAIN, size: [24, 24], tiles: { size: [50, 30], overlap: 0.3 } },
    { ...PLAIN, size: [24, 24], tiles: { size: [300, 220], overlap: 0.3 } },
  ],
  [
    'tiles, the dark ones left out',
    { ...PLAIN, size: [16, 16], tiles: { size: [8, 8], overlap: 0, emptyShare: 0.1 } },
    { ...PLAIN, size: [16, 16], tiles: { size: [96, 96], overlap: 0, emptyShare: 0.1 } },
  ],
];

/** With neighbours: of these files each frame is a slice. */
const STACKED: readonly [name: string, input: Input][] = [
  ['a slice before and one after', { ...PLAIN, channels: 3, slices: { before: 1, after: 1 } }],
  [
    'two before, at one spacing, each channel for itself',
    {
      ...PLAIN,
      channels: 3,
      slices: { before: 2, after: 0 },
      pixelSpacing: { mm: [1.5, 1.5], ifMissing: 'keep' },
      normalise: { mean: [0.1, 0.2, 0.3], std: [1, 2, 3] },
    },
  ],
];

const PYDICOM_FILES = '/usr/lib/python3/dist-packages/pydicom/data/test_files';
const PYDICOM_DATA = sharedData('dicom', 'pydicom-data');

const REAL: readonly string[] = [
  ...['CT_small', 'MR_small', 'JPEG2000', 'SC_rgb_rle', 'SC_rgb_small_odd', 'rtdose_1frame'].map(
    (name) => `${PYDICOM_FILES}/${name}.dcm`,
  ),
  ...(PYDICOM_DATA === undefined
    ? []
    : ['RG3_J2KR', 'vlut_04', 'mlut_18', 'OBXXXX1A', 'JPEG-LL', 'eCT_Supplemental']
        .filter((name) => sharedData('dicom', 'pydicom-data', `${name}.dcm`) !== undefined)
        .map((name) => `${PYDICOM_DATA}/${name}.dcm`)),
];

const tools = new DicomTools();
afterAll(() => tools[Symbol.dispose]());

/** A disc with texture on a gradient, of odd sizes, which no turn leaves as it was. */
function phantom(rows: number, columns: number, frames: number): Uint8Array {
  const values = Array.from({ length: rows * columns * frames }, (_, index) => {
    const frame = Math.floor(index / (rows * columns));
    const y = Math.floor(index / columns) % rows;
    const x = index % columns;
    const isInside = Math.hypot(y - rows * 0.4, x - columns * 0.6) < rows * 0.25;
    const texture = ((index * 7_919) % 211) - 105;
    return Math.max(0, Math.min(4095, (isInside ? 2200 : x * 9 + y * 4) + texture + frame * 60));
  });
  return words(...values);
}

const WINDOW = [text(0x00281050, 'DS', '900'), text(0x00281051, 'DS', '1700')];
const PADDING: TestElement[] = [
  { tag: 0x00280120, vr: 'US', value: words(0) },
  { tag: 0x00280121, vr: 'US', value: words(60) },
];
const oriented = (cosines: string, spacing: string): TestElement[] => [
  text(0x00200037, 'DS', cosines),
  text(0x00280030, 'DS', spacing),
];

function generate(more: TestElement[], image: TestImage = {}): string {
  const size = { rows: 77, columns: 61, numberOfFrames: 1, bitsStored: 12, ...image };
  const pixels = phantom(size.rows, size.columns, size.numberOfFrames);
  const dataSet = nativeImage({ ...size, more: [...more, ...(image.more ?? [])] }, pixels);
  return tools.write(dataSet, '1.2.840.10008.1.2.1');
}

const MONOCHROME1: TestImage = { photometricInterpretation: 'MONOCHROME1' };
const GENERATED: readonly [name: string, path: () => string][] = [
  ['MONOCHROME2', () => generate(WINDOW)],
  ['MONOCHROME1', () => generate(WINDOW, MONOCHROME1)],
  ['padded', () => generate(PADDING)],
  ['MONOCHROME1, padded, with a window', () => generate([...WINDOW, ...PADDING], MONOCHROME1)],
  ['rescaled', () => generate([text(0x00281052, 'DS', '-1024'), text(0x00281053, 'DS', '1')])],
  ['sagittal, feet first', () => generate(oriented('0\\-1\\0\\0\\0\\1', '0.7\\1.1'))],
  ['axial, from the feet', () => generate(oriented('-1\\0\\0\\0\\1\\0', '1\\0.5'))],
  [
    'oblique coronal on its side',
    () => generate(oriented('0.1\\0.1\\-0.99\\0.98\\-0.2\\0.08', '1\\2')),
  ],
  [
    'a radiograph by letters',
    () => generate([text(0x00200020, 'CS', 'H\\R'), text(0x00181164, 'DS', '0.4\\0.3')]),
  ],
  ['one value', () => generate([], { bitsStored: 8, highBit: 7, more: PADDING })],
];

const ready = !missingPython('pydicom', 'numpy', 'gdcm', 'skimage');

describe.skipIf(!ready)('network inputs', () => {
  const reference = new PythonReference();
  afterAll(() => reference[Symbol.asyncDispose]());

  /** Real images are asked for again with every input. */
  const decoded = new Map<string, Promise<Slice[]>>();
  function slicesOf(path: string, frames: readonly number[]): Promise<Slice[]> {
    const key = `${path} ${frames}`;
    const slices = decoded.get(key) ?? decodeSlices(path, frames);
    decoded.set(key, slices);
    return slices;
  }

  async function decodeSlices(path: string, frames: readonly number[]): Promise<Slice[]> {
    const source = sourceOf(path);
    const facts = imageFacts(readSourceAttributes(source));
    const orientation = patientOrientation({
      imageOrientation: facts.imageOrientation,
      patientOrientation: facts.values.PatientOrientation,
    });
    const slices = new Map<number, Slice>();
    for (const frame of new Set(frames)) {
      const image = sourceImage(await decodeFrame(source, frame, DEFAULT_LIMITS));
      slices.set(frame, { image, window: { kind: 'full-range' }, orientation });
    }
    return frames.flatMap((frame) => slices.get(frame) ?? []);
  }

  /** Every part that either side prepares. */
  async function compare(path: string, given: Input, frames: readonly number[]): Promise<number> {
    const input = inputSchema.parse(given);
    const middle = input.slices?.before ?? 0;
    const request = { operation: 'input', path, frames, input, middle };
    const theirs = await reference.ask(request);
    if ('refused' in theirs) throw new Error(`the reference refuses ${path}: ${theirs.refused}`);
    const slices = (await slicesOf(path, frames)).map((slice) => ({
      ...slice,
      window: input.window,
    }));
    const { parts } = prepareImage(slices, input, middle);
    expect(theirs.shape).toEqual([parts.length, input.channels, ...input.size]);
    let most = 0;
    let at = 0;
    for (const { tensor } of parts) {
      for (const value of tensor.data) {
        // Shares of what the network can see: -1024 to 1024 is a window of 2,048.
        const { std } = input.normalise;
        const scale = Math.min(1, typeof std === 'number' ? std : 1);
        const apart = Math.abs(value - (theirs.values[at] ?? Number.NaN)) * scale;
        most = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
        at += 1;
      }
    }
    expect(most, path).toBeLessThanOrEqual(TOLERANCE);
    return parts.length;
  }

  it.each(INPUTS)('of generated images: %s', async (_, input) => {
    for (const [, path] of GENERATED) await compare(path(), input, [0]);
  });

  it.each(INPUTS)('of real images: %s', async (_, input) => {
    expect(REAL.length).toBeGreaterThan(5);
    for (const path of REAL) await compare(path, input, [0]);
  });

  it.each(STACKED)('of a stack: %s', async (_, input) => {
    const path = generate(oriented('1\\0\\0\\0\\1\\0', '0.8\\1.2'), { numberOfFrames: 4 });
    const { before = 0, after = 0 } = input.slices ?? {};
    for (let frame = before; frame < 4 - after; frame += 1) {
      const frames = Array.from({ length: before + after + 1 }, (__, i) => frame - before + i);
      expect(await compare(path, input, frames)).toBe(1);
    }
  });

  it.each(TILES)('%s', async (_, small, large) => {
    for (const [, path] of GENERATED) await compare(path(), small, [0]);
    for (const path of REAL) await compare(path, large, [0]);
  });

  it('leaves tiles out that are dark, and not all', async () => {
    const [, tiles = PLAIN] = TILES[1] ?? [];
    const path = generate([]);
    const kept = await compare(path, tiles, [0]);
    const all = await compare(
      path,
      { ...tiles, tiles: { size: [8, 8], overlap: 0, emptyShare: 1 } },
      [0],
    );
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(all);
  });
});
