import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import type {
  FrameResult,
  ModelAnalysis,
  RunnablePlan,
  TriageImage,
} from '#inference/triage-types.ts';
import { type Manifest, parseManifest } from '#models/manifest/schema.ts';
import type { ImageFacts } from '#models/manifest/select-image.ts';
import type { UsableModel } from '#models/registry/registry.ts';
import { type ManifestInput, testManifest } from '#tests/support/onnx/model-folder.ts';

function manifestOf(overrides: Partial<ManifestInput> = {}): Manifest {
  return parseManifest(JSON.stringify(testManifest(overrides)), 'manifest.json');
}

export function modelOf(role: ModelRole, overrides: Partial<ManifestInput> = {}): UsableModel {
  const manifest = manifestOf(overrides);
  return {
    id: manifest.id,
    version: manifest.version,
    folder: '/models',
    manifest,
    sha256: manifest.sha256,
    manifestSha256: 'f'.repeat(64),
    problem: undefined,
    role,
    pinned: role !== 'shadow',
    changedBy: undefined,
    changedAt: undefined,
    note: undefined,
  };
}

export function imageOf(
  instanceNumber: number,
  values: ImageFacts['values'] = { Modality: ['CT'] },
  ageYears?: number,
): TriageImage {
  return {
    row: {
      sopInstanceUid: `1.2.${instanceNumber}`,
      seriesInstanceUid: '1.1',
      seriesNumber: 1,
      instanceNumber,
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      blobPath: String(instanceNumber),
      dataSetOffset: 0,
      rows: null,
      columns: null,
      numberOfFrames: null,
      modality: values.Modality?.[0] ?? null,
    },
    facts: { values, ageYears },
    problem: undefined,
  };
}

export function unreadable(instanceNumber: number): TriageImage {
  const problem = new RadTriageError('DICOM_STRUCTURE', 'the header is broken');
  return { ...imageOf(instanceNumber), facts: undefined, problem };
}

export function planOf(model: UsableModel, images: readonly TriageImage[]): RunnablePlan {
  return { model, images, declined: undefined, note: undefined };
}

export function resultOf(image: TriageImage, score: number): FrameResult {
  const label = { score, heatmap: undefined, boxes: [] };
  return { image, frame: 1, labels: [label], atypicality: undefined };
}

export function analysisOf(
  plan: RunnablePlan,
  overrides: Partial<ModelAnalysis> = {},
): ModelAnalysis {
  return {
    plan,
    results: [],
    undecodable: [],
    failure: undefined,
    declined: [],
    provider: 'cpu',
    timings: { decode: 1, preprocess: 1, inference: 1, postprocess: 1 },
    ...overrides,
  };
}
