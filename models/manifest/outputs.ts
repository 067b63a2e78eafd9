import { z } from 'zod';

const name = z.string().min(1);
const unit = z.number().min(0).max(1);
const scoreActivation = z.enum(['none', 'sigmoid', 'softmax']);

/** A vector [K] or [1, K]; each label takes its `index`. */
const scores = z.strictObject({ kind: z.literal('scores'), name, activation: scoreActivation });

/** [h, w], [1, h, w] or [1, K, h, w] over the whole input; each label takes channel `index`, or the only one. */
const heatmap = z.strictObject({
  kind: z.literal('heatmap'),
  name,
  activation: z.enum(['none', 'sigmoid']),
});

/** Semantic segmentation [1, C, h, w]; each label takes channel `index`. `softmax` goes over the channels. */
const mask = z.strictObject({ kind: z.literal('mask'), name, activation: scoreActivation });

/**
 * yolo-v5: [1, N, 5 + K], centre x, centre y, width, height in input pixels, objectness, classes.
 * yolo-v8: [1, 4 + K, N], the same without objectness (also v9, v11).
 * yolox: [1, N, 5 + K] as exported without decoding: offsets in the cells of grids of the given strides.
 * detr: `name` [1, Q, K + 1] class logits and `boxes` [1, Q, 4] in shares of the input; softmax with a last class
 * "no object", or sigmoid.
 */
const boxes = z
  .strictObject({
    kind: z.literal('boxes'),
    format: z.enum(['yolo-v5', 'yolo-v8', 'yolox', 'detr']),
    name,
    /** Name of the second output of detr. */
    boxes: name.optional(),
    activation: scoreActivation.default('none'),
    /** Of yolox, in input pixels. */
    strides: z.array(z.number().int().min(1).max(256)).min(1).max(8).default([8, 16, 32]),
    /** Boxes with lower scores are dropped. */
    minimumScore: unit.default(0.05),
    /** Of two boxes of a label that overlap by more (intersection over union) the lower one is dropped. */
    maximumIou: unit.default(0.5),
    maximumBoxes: z.number().int().min(1).max(1000).default(100),
  })
  .refine((one) => (one.format === 'detr') === (one.boxes !== undefined), {
    path: ['boxes'],
    message: 'the second output belongs to detr, which needs it',
  });

const row = z.array(z.number()).min(1);

/**
 * The last feature map of a classifier with global average pooling, [1, C, h, w], and its class weights [K, C]: the
 * class activation map needs no gradient. The weights are a constant output of the network or stand here.
 */
const features = z.strictObject({
  kind: z.literal('features'),
  name,
  weights: z.union([
    z.strictObject({ output: name, bias: name.optional() }),
    z.strictObject({ values: z.array(row).min(1), bias: row.optional() }),
  ]),
  /**
   * sigmoid: of weights x features + bias, on the scale of the score. relative: positive part over its largest
   * value, times the score of the label.
   */
  scale: z.enum(['sigmoid', 'relative']),
});

/** One number for the input check: the larger, the less the image resembles what the model was made for. */
const atypicality = z.strictObject({ kind: z.literal('atypicality'), name });

export const outputSchema = z.discriminatedUnion('kind', [
  scores,
  heatmap,
  mask,
  boxes,
  features,
  atypicality,
]);
export type ModelOutput = z.output<typeof outputSchema>;
export type OutputKind = ModelOutput['kind'];
export type OutputOf<K extends OutputKind> = Extract<ModelOutput, { kind: K }>;

/** Kinds that say where; a model has one of them at most. */
export const SPATIAL_KINDS: readonly OutputKind[] = ['heatmap', 'mask', 'boxes', 'features'];

/** Every output of the network that is read, each once. */
export function outputNames(outputs: readonly ModelOutput[]): string[] {
  return [...new Set(outputs.flatMap(namesOf))];
}

function namesOf(output: ModelOutput): string[] {
  if (output.kind === 'boxes' && output.boxes !== undefined) return [output.name, output.boxes];
  if (output.kind === 'features' && 'output' in output.weights) {
    const { output: weights, bias } = output.weights;
    return [output.name, weights, ...(bias === undefined ? [] : [bias])];
  }
  return [output.name];
}

/** The output of a kind, which a manifest has once at most. */
export function outputOf<K extends OutputKind>(
  outputs: readonly ModelOutput[],
  kind: K,
): OutputOf<K> | undefined {
  return outputs.find((output): output is OutputOf<K> => output.kind === kind);
}
