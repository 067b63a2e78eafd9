import type { Label } from '../manifest/labels.ts';
import type { OutputOf } from '../manifest/outputs.ts';
import { sigmoid } from './activation.ts';
import type { HeatmapValues } from './components.ts';
import { badOutput, type Outputs, readTensor, shapeText } from './tensors.ts';

/** Class weights, row-major [classes, channels], and one bias a class. */
interface ClassWeights {
  readonly classes: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
  readonly bias: ArrayLike<number> | undefined;
}

/**
 * The class activation map of each label: its class weights times the features, cell by cell (Zhou et al., Learning
 * Deep Features for Discriminative Localization, CVPR 2016).
 * @param scores of the labels; what a `relative` map is measured by
 * @throws RadTriageError MODEL_FAILED when features and weights do not fit each other or the labels
 */
export function readActivationMaps(
  outputs: Outputs,
  output: OutputOf<'features'>,
  { labels, scores }: { labels: readonly Label[]; scores: readonly number[] },
): HeatmapValues[] {
  const features = readTensor(outputs, output.name);
  const [batch, channels = 0, rows = 0, columns = 0] = features.dims;
  if (features.dims.length !== 4 || batch !== 1) {
    throw badOutput(output.name, `are no features [1, C, h, w] but ${shapeText(features.dims)}`);
  }
  const weights = readWeights(outputs, output);
  if (weights.channels !== channels) {
    throw badOutput(output.name, `has ${channels} channels, its weights ${weights.channels}`);
  }
  return labels.map((label, i) => {
    if (label.index >= weights.classes) {
      throw badOutput(output.name, `has weights of ${weights.classes} classes`);
    }
    const sums = weigh(features.data, weights, label.index);
    const values =
      output.scale === 'sigmoid'
        ? sums.map((sum) => sigmoid(sum + (weights.bias?.[label.index] ?? 0)))
        : relative(sums, scores[i] ?? 0);
    return { values, rows, columns };
  });
}

function readWeights(outputs: Outputs, { weights, name }: OutputOf<'features'>): ClassWeights {
  if ('output' in weights) {
    const table = readTensor(outputs, weights.output);
    const [classes = 0, channels = 0, ...rest] = table.dims;
    if (rest.some((side) => side !== 1)) {
      throw badOutput(table.name, `are no weights [K, C] but ${shapeText(table.dims)}`);
    }
    const bias = weights.bias === undefined ? undefined : readTensor(outputs, weights.bias).data;
    return checkBias({ classes, channels, values: table.data, bias }, name);
  }
  const channels = weights.values[0]?.length ?? 0;
  if (weights.values.some((row) => row.length !== channels)) {
    throw badOutput(name, 'has weights of rows of different lengths');
  }
  const { values, bias } = weights;
  return checkBias({ classes: values.length, channels, values: values.flat(), bias }, name);
}

function checkBias(weights: ClassWeights, name: string): ClassWeights {
  if (weights.bias === undefined || weights.bias.length === weights.classes) return weights;
  throw badOutput(name, `has ${weights.bias.length} biases for ${weights.classes} classes`);
}

function weigh(features: Float32Array, weights: ClassWeights, index: number): Float32Array {
  const plane = features.length / weights.channels;
  const sums = new Float64Array(plane);
  for (let channel = 0; channel < weights.channels; channel += 1) {
    const weight = weights.values[index * weights.channels + channel] ?? 0;
    const from = channel * plane;
    for (let i = 0; i < plane; i += 1) {
      sums[i] = (sums[i] ?? 0) + weight * (features[from + i] ?? 0);
    }
  }
  return Float32Array.from(sums);
}

function relative(sums: Float32Array, score: number): Float32Array {
  const largest = sums.reduce((most, value) => Math.max(most, value), 0);
  return sums.map((value) => (largest === 0 ? 0 : (Math.max(value, 0) / largest) * score));
}
