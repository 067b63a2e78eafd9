import { outputOf } from '../manifest/outputs.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { HeatmapValues } from './components.ts';
import { readBoxes, type ScoredBox } from './read-boxes.ts';
import { readActivationMaps } from './read-features.ts';
import { readHeatmaps, readMasks } from './read-maps.ts';
import { readScores } from './read-scores.ts';
import { badOutput, type Outputs, readTensor } from './tensors.ts';

/** What one run says of one label, in coordinates of the network's input. */
export interface LabelReading {
  /** 0 to 1, calibrated; undefined for a network without an output of scores. */
  readonly score: number | undefined;
  /** Over the whole input, 0 to 1. */
  readonly map: HeatmapValues | undefined;
  /** Undefined for a network that gives none. In pixels of the input. */
  readonly boxes: readonly ScoredBox[] | undefined;
}

export interface NetworkReading {
  /** As the manifest lists them. */
  readonly labels: readonly LabelReading[];
  readonly atypicality: number | undefined;
}

/**
 * Reads the outputs of one run as the manifest describes them.
 * @throws RadTriageError MODEL_FAILED when one has another shape, or values that are not finite or out of bounds
 */
export function readOutputs(outputs: Outputs, manifest: Manifest): NetworkReading {
  const { labels } = manifest;
  const vector = outputOf(manifest.outputs, 'scores');
  const scores = vector && readScores(outputs, vector, labels);
  const maps = readMaps(outputs, manifest, scores ?? []);
  const boxOutput = outputOf(manifest.outputs, 'boxes');
  const [rows, columns] = manifest.input.size;
  const boxes = boxOutput && readBoxes(outputs, boxOutput, { labels, input: { rows, columns } });
  return {
    labels: labels.map((_, i) => ({ score: scores?.[i], map: maps?.[i], boxes: boxes?.[i] })),
    atypicality: readAtypicality(outputs, manifest),
  };
}

function readMaps(
  outputs: Outputs,
  manifest: Manifest,
  scores: readonly number[],
): HeatmapValues[] | undefined {
  const { labels } = manifest;
  const heatmap = outputOf(manifest.outputs, 'heatmap');
  if (heatmap !== undefined) return readHeatmaps(outputs, heatmap, labels);
  const mask = outputOf(manifest.outputs, 'mask');
  if (mask !== undefined) return readMasks(outputs, mask, labels);
  const features = outputOf(manifest.outputs, 'features');
  return features && readActivationMaps(outputs, features, { labels, scores });
}

function readAtypicality(outputs: Outputs, manifest: Manifest): number | undefined {
  const output = outputOf(manifest.outputs, 'atypicality');
  if (output === undefined) return undefined;
  const { data } = readTensor(outputs, output.name);
  const [value] = data;
  if (data.length !== 1 || value === undefined) throw badOutput(output.name, 'is not one number');
  return value;
}
