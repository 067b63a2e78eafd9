import { afterAll, describe, expect, it } from 'vitest';
import { paddingMask } from '#dicom/pixels/padding.ts';
import { type TestElement, text } from '#tests/support/data-set-bytes.ts';
import { DicomTools } from '#tests/support/dicom-tools.ts';
import { missingPython } from '#tests/support/python.ts';
import { nativeImage, type TestImage, words } from '#tests/support/test-image.ts';
import { type DecodedObject, decodeAllFrames } from './compare.ts';
import { compareModality, compareVoi } from './compare-values.ts';
import { PythonReference } from './reference.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const ROWS = 16;
const COLUMNS = 16;

function rescale(slope: string, intercept: string): TestElement[] {
  return [text(0x00281052, 'DS', intercept), text(0x00281053, 'DS', slope)];
}

function window(center: string, width: string, voiLutFunction?: string): TestElement[] {
  const named = voiLutFunction === undefined ? [] : [text(0x00281056, 'CS', voiLutFunction)];
  return [text(0x00281050, 'DS', center), text(0x00281051, 'DS', width), ...named];
}

/** A table that rises and falls over its entries. */
function table(
  sequence: 0x00283000 | 0x00283010,
  {
    entries,
    first,
    bits,
    vr = 'US',
  }: { entries: number; first: number; bits: number; vr?: string },
): TestElement[] {
  const highest = 2 ** bits - 1;
  const values = Array.from({ length: entries }, (_, index) =>
    Math.round(highest * (0.5 - 0.5 * Math.cos((index * 7) / entries))),
  );
  const item = [
    { tag: 0x00283002, vr, value: words(entries, first, bits) },
    { tag: 0x00283006, vr: 'OW', value: words(...values) },
  ];
  return [{ tag: sequence, vr: 'SQ', value: [item] }];
}

const MODALITY_LUT = 0x00283000;
const VOI_LUT = 0x00283010;
const SIGNED: TestImage = { pixelRepresentation: 1, bitsStored: 12 };
const UNSIGNED: TestImage = { bitsStored: 12 };

const CASES: readonly [name: string, image: TestImage, more: TestElement[]][] = [
  ['no rescale, no window', UNSIGNED, []],
  [
    'Hounsfield units of unsigned pixels',
    UNSIGNED,
    [...rescale('1', '-1024'), ...window('40', '400')],
  ],
  ['Hounsfield units of signed pixels', SIGNED, [...rescale('1', '0'), ...window('40', '400')]],
  ['a slope of 0.0123', SIGNED, [...rescale('0.0123', '3.7'), ...window('2', '9.5')]],
  ['a falling slope', UNSIGNED, [...rescale('-2', '4095'), ...window('1000', '3000')]],
  ['LINEAR, width 1', SIGNED, window('3', '1', 'LINEAR')],
  ['LINEAR, width 2', SIGNED, window('3', '2', 'LINEAR')],
  ['LINEAR, a fraction', SIGNED, window('100.25', '333.5')],
  ['LINEAR_EXACT', SIGNED, window('100', '500', 'LINEAR_EXACT')],
  [
    'LINEAR_EXACT under 1',
    UNSIGNED,
    [...rescale('0.001', '0'), ...window('2', '0.5', 'LINEAR_EXACT')],
  ],
  ['SIGMOID', SIGNED, window('100', '500', 'SIGMOID')],
  ['SIGMOID under 1', UNSIGNED, [...rescale('0.001', '0'), ...window('2', '0.5', 'SIGMOID')]],
  ['several windows', UNSIGNED, window('40\\1000', '400\\3000')],
  [
    'MONOCHROME1',
    { ...UNSIGNED, photometricInterpretation: 'MONOCHROME1' },
    window('2048', '4096'),
  ],
  ['a modality table', UNSIGNED, table(MODALITY_LUT, { entries: 4096, first: 0, bits: 16 })],
  [
    'a short modality table over signed pixels, and a window',
    SIGNED,
    [
      ...table(MODALITY_LUT, { entries: 300, first: -100, bits: 12, vr: 'SS' }),
      ...window('2000', '3000'),
    ],
  ],
  ['a VOI table of 12 bits', UNSIGNED, table(VOI_LUT, { entries: 4096, first: 0, bits: 12 })],
  [
    'a VOI table of 8 bits, first 500',
    UNSIGNED,
    table(VOI_LUT, { entries: 700, first: 500, bits: 8 }),
  ],
  [
    'a VOI table before a window',
    UNSIGNED,
    [...table(VOI_LUT, { entries: 4096, first: 0, bits: 16 }), ...window('1', '2')],
  ],
  [
    'a VOI table over signed pixels',
    SIGNED,
    table(VOI_LUT, { entries: 2000, first: -1000, bits: 16, vr: 'SS' }),
  ],
  [
    'a VOI table over negative Hounsfield units, written as unsigned',
    UNSIGNED,
    [...rescale('1', '-1024'), ...table(VOI_LUT, { entries: 2000, first: -1000, bits: 16 })],
  ],
  [
    'a VOI table over fractions',
    UNSIGNED,
    [...rescale('0.25', '0'), ...table(VOI_LUT, { entries: 1000, first: 10, bits: 10 })],
  ],
  [
    'a modality table and a VOI table',
    UNSIGNED,
    [
      ...table(MODALITY_LUT, { entries: 4096, first: 0, bits: 10 }),
      ...table(VOI_LUT, { entries: 1024, first: 0, bits: 8 }),
    ],
  ],
];

/** Elements of Frame VOI LUT and Pixel Value Transformation belong into functional groups. */
function groups(elements: TestElement[], pixelValues: TestElement[]): TestElement[] {
  return [
    { tag: 0x00289132, vr: 'SQ', value: [elements] },
    { tag: 0x00289145, vr: 'SQ', value: [pixelValues] },
  ];
}

const ENHANCED: readonly [name: string, more: TestElement[]][] = [
  [
    'each frame its own',
    [
      {
        tag: 0x52009230,
        vr: 'SQ',
        value: [
          groups(window('40', '400'), rescale('1', '-1024')),
          groups(window('9', '30', 'SIGMOID'), rescale('0.01', '0')),
          groups(window('1000', '2000', 'LINEAR_EXACT'), rescale('-1', '4000')),
        ],
      },
    ],
  ],
  [
    'shared, but for one frame, whose table goes before what all share',
    [
      {
        tag: 0x52009229,
        vr: 'SQ',
        value: [groups(window('40', '400'), rescale('2', '-100'))],
      },
      {
        tag: 0x52009230,
        vr: 'SQ',
        value: [
          [],
          groups(table(VOI_LUT, { entries: 3000, first: 0, bits: 12 }), rescale('1', '0')),
          [],
        ],
      },
    ],
  ],
];

const PADDED: readonly [name: string, image: TestImage, more: TestElement[]][] = [
  ['one value', UNSIGNED, [{ tag: 0x00280120, vr: 'US', value: words(7) }]],
  [
    'a range from above',
    UNSIGNED,
    [
      { tag: 0x00280120, vr: 'US', value: words(100) },
      { tag: 0x00280121, vr: 'US', value: words(20) },
    ],
  ],
  ['below zero, written as unsigned', SIGNED, [{ tag: 0x00280120, vr: 'US', value: words(-2000) }]],
];

/** Every stored value about once in 16 frames' worth, in an order that is none. */
function pixelBytes(frames: number): Uint8Array {
  const values = Array.from(
    { length: ROWS * COLUMNS * frames },
    (_, index) => (index * 1_237 + 7) % 4096,
  );
  return words(...values);
}

const tools = new DicomTools();
afterAll(() => tools[Symbol.dispose]());

function write(image: TestImage, more: TestElement[], frames: number): string {
  const whole = { rows: ROWS, columns: COLUMNS, numberOfFrames: frames, ...image, more };
  return tools.write(nativeImage(whole, pixelBytes(frames)), EXPLICIT_UID);
}

describe.skipIf(missingPython('pydicom', 'numpy', 'gdcm'))('values of generated images', () => {
  const reference = new PythonReference();
  afterAll(() => reference[Symbol.asyncDispose]());

  async function compare(path: string): Promise<{ ours: DecodedObject; shown: number }> {
    const modality = reference.ask({ operation: 'modality', path });
    const voi = reference.ask({ operation: 'voi', path });
    const ours = await decodeAllFrames(path);
    compareModality(ours, await modality);
    return { ours, shown: compareVoi(ours, await voi) };
  }

  it.each(CASES)('%s', async (_, image, more) => {
    const { shown } = await compare(write(image, more, 16));
    const asks = more.some(({ tag }) => tag === VOI_LUT || tag === 0x00281050);
    expect(shown).toBe(asks ? 16 : 0);
  });

  it.each(ENHANCED)('functional groups: %s', async (_, more) => {
    const { ours, shown } = await compare(write({}, more, 3));
    expect([ours.frames.length, shown]).toEqual([3, 3]);
  });

  it.each(PADDED)('padding: %s', async (_, image, more) => {
    const path = write(image, more, 16);
    const theirs = await reference.ask({ operation: 'padding', path });
    if ('refused' in theirs) throw new Error(theirs.refused);
    const masks = (await decodeAllFrames(path)).frames.map(
      (frame) => paddingMask(frame) ?? new Uint8Array(frame.values.length),
    );
    expect(Buffer.concat(masks).equals(theirs.values as Uint8Array)).toBe(true);
    expect(Buffer.concat(masks).includes(1)).toBe(true);
  });
});
