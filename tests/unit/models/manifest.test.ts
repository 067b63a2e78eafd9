import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { defaultOperatingPoint } from '#models/manifest/labels.ts';
import { outputNames } from '#models/manifest/outputs.ts';
import { parseManifest } from '#models/manifest/schema.ts';
import { type ImageFacts, selectImage, windowFor } from '#models/manifest/select-image.ts';
import { testLabel, testManifest } from '#tests/support/onnx/model-folder.ts';

function parse(overrides: Record<string, unknown> = {}) {
  return parseManifest(JSON.stringify({ ...testManifest(), ...overrides }), 'manifest.json');
}

const score = { kind: 'scores', name: 'score', activation: 'none' };
const heat = { kind: 'heatmap', name: 'heatmap', activation: 'none' };
const atypicality = { kind: 'atypicality', name: 'strangeness' };
const features = {
  kind: 'features',
  name: 'maps',
  weights: { output: 'weights', bias: 'bias' },
  scale: 'sigmoid',
};
const rise = { method: 'rise', budgetMs: 1000 };

function boxesOf(overrides: object) {
  return { kind: 'boxes', format: 'yolox', name: 'boxes', ...overrides };
}

function bare() {
  const { heatmap: _, ...rest } = testLabel();
  return rest;
}

function faultsOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof RadTriageError) return `${error.code}: ${error.message}`;
  }
  return 'no fault';
}

describe('the model manifest', () => {
  it('names all its faults at once', () => {
    const message = faultsOf(() =>
      parse({
        sha256: 'ABC',
        file: '../elsewhere.onnx',
        surprise: 1,
        labels: [
          {
            ...testLabel(),
            operatingPoints: [
              { id: 'a', threshold: 2 },
              { id: 'a', threshold: 0.1 },
            ],
          },
        ],
        // Two parts that are right by themselves and do not go together.
        input: { ...testManifest().input, channels: 7 },
        explanation: { method: 'rise', budgetMs: 1000 },
      }),
    );
    expect(message).toMatch(/^MODEL_MANIFEST_INVALID/);
    const parts = ['sha256', 'file', 'surprise', 'operatingPoints', 'channels', 'explains itself'];
    for (const part of parts) {
      expect(message).toContain(part);
    }
  });

  it('is refused when it is no JSON', () => {
    expect(faultsOf(() => parseManifest('{', 'x'))).toMatch(/^MODEL_MANIFEST_INVALID/);
  });

  it('refuses what contradicts itself', () => {
    const window = { kind: 'percentile', low: 99, high: 1 };
    const input = { ...testManifest().input, window };
    expect(faultsOf(() => parse({ input }))).toContain('low must be below high');
    const two = [
      { id: 'a', threshold: 0.1 },
      { id: 'b', threshold: 0.2 },
    ];
    const labels = [testLabel({ operatingPoints: two })];
    expect(faultsOf(() => parse({ labels }))).toContain('exactly one');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['two labels of one id', { labels: [testLabel(), testLabel({ index: 1 })] }, 'ids must differ'],
    [
      'two labels of one index',
      { labels: [testLabel(), testLabel({ id: 'other' })] },
      'indexes must differ',
    ],
    ['a label without cells for its heatmap', { labels: [bare()] }, 'needed for heatmap'],
    ['no output with a score', { outputs: [atypicality] }, 'nothing that gives a score'],
    ['an atypicality that nobody checks', { outputs: [score, atypicality] }, 'go together'],
    ['two spatial outputs', { outputs: [score, heat, boxesOf({})] }, 'only one of'],
    ['one kind twice', { outputs: [score, score] }, 'each kind once'],
    ['DETR without its boxes', { outputs: [boxesOf({ format: 'detr' })] }, 'belongs to detr'],
    ['boxes for YOLO', { outputs: [boxesOf({ boxes: 'b' })] }, 'belongs to detr'],
    ['strides that do not divide', { outputs: [boxesOf({ strides: [7] })] }, 'divide input.size'],
    ['features without scores', { outputs: [features] }, 'features need scores'],
    ['an explanation beside a heatmap', { explanation: rise }, 'explains itself by heatmap'],
    [
      'a mean for each of two channels of one',
      { input: { ...testManifest().input, normalise: { mean: [0, 0], std: 1 } } },
      'one a channel',
    ],
    [
      'neighbours of images that are no stack',
      { input: { ...testManifest().input, channels: 3, slices: { before: 1, after: 1 } } },
      'needs select.level series',
    ],
    [
      'channels that are not the slices',
      { input: { ...testManifest().input, channels: 1, slices: { before: 1, after: 1 } } },
      'slices.before + 1 + slices.after',
    ],
    [
      'slices of single images',
      { select: { ...testManifest().select, minimumSlices: 3 } },
      'needs level series',
    ],
    [
      'a condition with in and notIn',
      { select: { level: 'image', all: [{ attribute: 'Modality', in: ['CT'], notIn: ['MR'] }] } },
      'exactly one of in and notIn',
    ],
    [
      'a calibration that falls',
      {
        labels: [
          testLabel({
            calibration: {
              kind: 'piecewise',
              points: [
                [0, 0.5],
                [1, 0.4],
              ],
            },
          }),
        ],
      },
      'must rise',
    ],
  ])('refuses %s', (_, overrides, message) => {
    expect(faultsOf(() => parse(overrides))).toContain(message);
  });

  it('of version 1 is refused with a word on versions, not a list of faults', () => {
    const message = faultsOf(() => parse({ schemaVersion: 1, finding: {} }));
    expect(message).toMatch(/^MODEL_MANIFEST_INVALID: manifest.json has schemaVersion 1; .* 2/);
  });

  it('names every output of the network that is read, once', () => {
    const { outputs } = parse({ outputs: [score, features] });
    expect(outputNames(outputs)).toEqual(['score', 'maps', 'weights', 'bias']);
  });

  it('takes the default operating point', () => {
    const points = [
      { id: 'a', threshold: 0.1 },
      { id: 'b', threshold: 0.2, default: true },
    ];
    expect(defaultOperatingPoint(testLabel({ operatingPoints: points })).id).toBe('b');
    expect(defaultOperatingPoint(testLabel()).id).toBe('only');
  });
});

function facts(values: ImageFacts['values'], ageYears?: number): ImageFacts {
  return { values, ageYears };
}

describe('selecting images by manifest', () => {
  const manifest = parse({
    select: {
      level: 'image',
      all: [
        { attribute: 'Modality', in: ['CR', 'DX'] },
        { attribute: 'BodyPartExamined', in: ['CHEST'], orMissing: true },
        { attribute: 'Manufacturer', notIn: ['RadTriage Phantom'], orMissing: true },
      ],
      minimumAgeYears: 18,
    },
  });

  it('compares trimmed and in upper case', () => {
    const image = facts({ Modality: [' dx '], BodyPartExamined: ['Chest'] }, 40);
    expect(selectImage(manifest, image)).toEqual({ selected: true, note: undefined });
    const phantom = facts({ Modality: ['DX'], Manufacturer: ['radtriage phantom '] }, 40);
    expect(selectImage(manifest, phantom)).toMatchObject({ selected: false, fits: false });
  });

  it('lets a missing attribute pass only where the manifest says so', () => {
    expect(selectImage(manifest, facts({ Modality: ['DX'], BodyPartExamined: [' '] }, 40))).toEqual(
      {
        selected: true,
        note: undefined,
      },
    );
    const withoutModality = selectImage(manifest, facts({ BodyPartExamined: ['CHEST'] }, 40));
    expect(withoutModality).toMatchObject({ selected: false, reason: 'Modality does not fit' });
    const strict = parse({
      select: { level: 'image', all: [{ attribute: 'Manufacturer', notIn: ['X'] }] },
    });
    expect(selectImage(strict, facts({}))).toMatchObject({ selected: false });
  });

  it('declines patients under the minimum age, and notes an unknown age', () => {
    const image = { Modality: ['DX'] };
    expect(selectImage(manifest, facts(image, 17.99))).toEqual({
      selected: false,
      fits: true,
      reason: 'patient under 18',
    });
    expect(selectImage(manifest, facts(image, 18))).toMatchObject({ selected: true });
    const child = parse({
      select: { ...manifest.select, minimumAgeYears: 0, maximumAgeYears: 17 },
    });
    expect(selectImage(child, facts(image, 17.99))).toMatchObject({ selected: true });
    expect(selectImage(child, facts(image, 18))).toMatchObject({ reason: 'patient over 17' });
    expect(selectImage(manifest, facts(image))).toEqual({
      selected: true,
      note: 'patient age unknown',
    });
  });

  it('takes the window of the first variant that fits', () => {
    const { input } = parse({
      input: {
        ...testManifest().input,
        variants: [
          {
            when: [{ attribute: 'Modality', in: ['CT'] }],
            window: { kind: 'fixed', center: -600, width: 1500 },
          },
        ],
      },
    });
    expect(windowFor(input, facts({ Modality: ['CT'] }))).toMatchObject({ center: -600 });
    expect(windowFor(input, facts({ Modality: ['DX'] }))).toMatchObject({ center: 500 });
  });
});
