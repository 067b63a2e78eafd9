import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type { manifestSchema } from '#models/manifest/schema.ts';
import { brightnessNetwork } from './networks.ts';

export type ManifestInput = z.input<typeof manifestSchema>;
export type LabelInput = ManifestInput['labels'][number];

export const TEST_INPUT_SIZE = 64;
export const TEST_CELL = 8;

export function testLabel(overrides: Partial<LabelInput> = {}): LabelInput {
  return {
    id: 'bright-spot',
    label: 'Bright spot',
    code: { scheme: '99RADTRIAGE', value: 'BRIGHT', meaning: 'Bright spot' },
    index: 0,
    operatingPoints: [{ id: 'only', threshold: 0.5 }],
    heatmap: { threshold: 0.5, minimumCells: 1 },
    ...overrides,
  };
}

/** A valid manifest for the brightness network: a bright spot on a generated radiograph flags its study. */
export function testManifest(overrides: Partial<ManifestInput> = {}): ManifestInput {
  return {
    schemaVersion: 2,
    id: 'test-brightness',
    version: '1.0.0',
    title: 'Bright spots',
    demonstration: true,
    file: 'model.onnx',
    sha256: '0'.repeat(64),
    licence: 'Apache-2.0',
    intendedUse: 'Tests',
    attribution: [],
    select: { level: 'image', all: [{ attribute: 'Modality', in: ['DX', 'CR', 'CT'] }] },
    input: {
      name: 'image',
      size: [TEST_INPUT_SIZE, TEST_INPUT_SIZE],
      window: { kind: 'fixed', center: 500, width: 1000 },
      resize: { kind: 'area-letterbox', pad: 0 },
      normalise: { mean: 0, std: 1 },
    },
    outputs: [
      { kind: 'scores', name: 'score', activation: 'none' },
      { kind: 'heatmap', name: 'heatmap', activation: 'none' },
    ],
    labels: [testLabel()],
    ...overrides,
  };
}

/** Writes a model folder with a correct hash, and gives its path. Another version than 1.0.0 lies beside that one. */
export function writeModelFolder(
  parent: string,
  overrides: Partial<ManifestInput> = {},
  network: Buffer = brightnessNetwork(TEST_INPUT_SIZE, TEST_CELL),
): string {
  const sha256 = createHash('sha256').update(network).digest('hex');
  const manifest = testManifest({ sha256, ...overrides });
  const { id, version } = manifest;
  const folder = join(parent, version === '1.0.0' ? id : `${id}@${version}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, manifest.file), network);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 2));
  return folder;
}
