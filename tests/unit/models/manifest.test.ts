import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { defaultOperatingPoint, parseManifest } from '#models/manifest/schema.ts';
import { type ImageFacts, selectImage, windowFor } from '#models/manifest/select-image.ts';
import { testManifest } from '#tests/support/onnx/model-folder.ts';

function parse(overrides: Record<string, unknown> = {}) {
  return parseManifest(JSON.stringify({ ...testManifest(), ...overrides }), 'manifest.json');
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
        operatingPoints: [
          { id: 'a', threshold: 2 },
          { id: 'a', threshold: 0.1 },
        ],
      }),
    );
    expect(message).toMatch(/^MODEL_MANIFEST_INVALID/);
    for (const part of ['sha256', 'file', 'surprise', 'operatingPoints']) {
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
    expect(faultsOf(() => parse({ outputs: { score: 'score' } }))).toContain('go together');
    const two = [
      { id: 'a', threshold: 0.1 },
      { id: 'b', threshold: 0.2 },
    ];
    expect(faultsOf(() => parse({ operatingPoints: two }))).toContain('exactly one');
  });

  it('takes the default operating point', () => {
    const points = [
      { id: 'a', threshold: 0.1 },
      { id: 'b', threshold: 0.2, default: true },
    ];
    expect(defaultOperatingPoint(parse({ operatingPoints: points })).id).toBe('b');
    expect(defaultOperatingPoint(parse()).id).toBe('only');
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
