import { type ManifestInput, testLabel, testManifest } from './model-folder.ts';
import {
  boxesNetwork,
  checkedNetwork,
  featuresNetwork,
  heatmapNetwork,
  maskNetwork,
  scoresNetwork,
} from './output-networks.ts';

/** A model as a third party would bring it: what its manifest says of it, and its file. */
export interface OutputModel {
  readonly overrides: Partial<ManifestInput> & { readonly id: string };
  readonly network: Buffer;
}

const SCORES = { kind: 'scores', name: 'logits', activation: 'softmax' } as const;

const BRIGHT = testLabel({ index: 1 });
/** It never flags: a dark image must not raise a study in these tests. */
const DARK = testLabel({
  ...{ id: 'dark', label: 'Dark image', index: 0 },
  code: { scheme: '99RADTRIAGE', value: 'DARK', meaning: 'Dark image' },
  operatingPoints: [{ id: 'never', threshold: 1 }],
});

function modelOf(
  id: string,
  network: Buffer,
  overrides: Partial<ManifestInput> & { outputs: ManifestInput['outputs'] },
): OutputModel {
  return { overrides: { id, labels: [BRIGHT], ...overrides }, network };
}

/** One model of each output kind, all of them made to see bright squares, with an input of size x size. */
export function outputModels(size: number): Readonly<Record<string, OutputModel>> {
  const boxes = (format: 'yolo-v5' | 'yolo-v8' | 'yolox') =>
    modelOf(format, boxesNetwork(size, format), {
      outputs: [{ kind: 'boxes', format, name: 'boxes', strides: [8], minimumScore: 0.3 }],
    });
  const input = { ...testManifest().input, size: [size, size] as [number, number] };
  const all: Record<string, OutputModel> = {
    scores: modelOf('scores', scoresNetwork(size), { outputs: [SCORES], labels: [DARK, BRIGHT] }),
    heatmap: modelOf('heatmap', heatmapNetwork(size), {
      outputs: [{ kind: 'heatmap', name: 'heatmaps', activation: 'sigmoid' }],
    }),
    mask: modelOf('mask', maskNetwork(size), {
      outputs: [{ kind: 'mask', name: 'mask', activation: 'softmax' }],
    }),
    features: modelOf('features', featuresNetwork(size), {
      outputs: [
        SCORES,
        {
          kind: 'features',
          name: 'features',
          weights: { output: 'weights', bias: 'bias' },
          scale: 'sigmoid',
        },
      ],
    }),
    'yolo-v5': boxes('yolo-v5'),
    'yolo-v8': boxes('yolo-v8'),
    yolox: boxes('yolox'),
    detr: modelOf('detr', boxesNetwork(size, 'detr'), {
      outputs: [
        { kind: 'boxes', format: 'detr', name: 'classes', boxes: 'boxes', activation: 'softmax' },
      ],
    }),
    atypicality: modelOf('atypicality', checkedNetwork(size), {
      outputs: [SCORES, { kind: 'atypicality', name: 'strangeness' }],
      inputCheck: {
        detector: {
          output: 'strangeness',
          maximum: 0.6,
          errorRates: [{ class: 'generated dark images with a spot', n: 1, refused: 0 }],
        },
      },
    }),
    explained: modelOf('explained', scoresNetwork(size), {
      outputs: [SCORES],
      explanation: { method: 'occlusion', budgetMs: 60_000 },
    }),
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, { overrides, network }]) => [
      name,
      { overrides: { ...overrides, input }, network },
    ]),
  );
}
