import type { Label } from '../manifest/labels.ts';
import type { OutputOf } from '../manifest/outputs.ts';
import { sigmoid } from './activation.ts';
import type { HeatmapValues } from './components.ts';
import {
  badOutput,
  type Outputs,
  type OutputTensor,
  readTensor,
  shapeText,
  unitValue,
} from './tensors.ts';

interface Channels {
  readonly tensor: OutputTensor;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/** [h, w], [1, h, w] or [1, K, h, w] as K channels. */
function readChannels(outputs: Outputs, name: string): Channels {
  const tensor = readTensor(outputs, name);
  const { dims } = tensor;
  const [rows = 0, columns = 0] = dims.slice(-2);
  const count = dims.length === 4 ? (dims[1] ?? 0) : 1;
  const isBatch = dims.length === 2 || (dims[0] === 1 && dims.length <= 4);
  if (dims.length < 2 || !isBatch) throw badOutput(name, `is no map but ${shapeText(dims)}`);
  return { tensor, count, rows, columns };
}

/**
 * The heatmap of each label over the whole input, 0 to 1.
 * @throws RadTriageError MODEL_FAILED for another shape, and for values that are not finite or out of bounds
 */
export function readHeatmaps(
  outputs: Outputs,
  output: OutputOf<'heatmap'>,
  labels: readonly Label[],
): HeatmapValues[] {
  const channels = readChannels(outputs, output.name);
  return labels.map((label) => {
    const values = channelOf(channels, channels.count === 1 ? 0 : label.index);
    return { ...sizeOf(channels), values: values.map(activate(output.activation, output.name)) };
  });
}

/** The mask of each label: how surely a pixel belongs to its class, 0 to 1. @throws as readHeatmaps */
export function readMasks(
  outputs: Outputs,
  output: OutputOf<'mask'>,
  labels: readonly Label[],
): HeatmapValues[] {
  const channels = readChannels(outputs, output.name);
  const { activation, name } = output;
  const total = activation === 'softmax' ? sumOfPowers(channels) : undefined;
  return labels.map((label) => {
    const values = channelOf(channels, label.index);
    const activated =
      total === undefined
        ? values.map(activate(activation === 'sigmoid' ? 'sigmoid' : 'none', name))
        : values.map((value, i) => Math.exp(value - (total.highest[i] ?? 0)) / (total.sum[i] ?? 1));
    return { ...sizeOf(channels), values: activated };
  });
}

function sizeOf({ rows, columns }: Channels): { rows: number; columns: number } {
  return { rows, columns };
}

function channelOf({ tensor, count, rows, columns }: Channels, index: number): Float32Array {
  if (index >= count) {
    throw badOutput(tensor.name, `has ${count} channel(s), none at index ${index}`);
  }
  const plane = rows * columns;
  return tensor.data.subarray(index * plane, (index + 1) * plane);
}

function activate(activation: 'none' | 'sigmoid', name: string): (value: number) => number {
  return activation === 'sigmoid' ? sigmoid : (value) => unitValue(value, name);
}

/** Per pixel over the channels, held in bounds by the highest. */
function sumOfPowers(channels: Channels): { highest: Float32Array; sum: Float64Array } {
  const plane = channels.rows * channels.columns;
  const highest = new Float32Array(plane).fill(Number.NEGATIVE_INFINITY);
  const sum = new Float64Array(plane);
  const all = Array.from({ length: channels.count }, (_, i) => channelOf(channels, i));
  for (const values of all) {
    for (let i = 0; i < plane; i += 1) {
      highest[i] = Math.max(highest[i] ?? 0, values[i] ?? 0);
    }
  }
  for (const values of all) {
    for (let i = 0; i < plane; i += 1) {
      sum[i] = (sum[i] ?? 0) + Math.exp((values[i] ?? 0) - (highest[i] ?? 0));
    }
  }
  return { highest, sum };
}
