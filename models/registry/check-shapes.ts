import type { ModelOutput, OutputOf } from '../manifest/outputs.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { OutputTensor } from '../runtime/messages.ts';

type Outputs = Readonly<Record<string, OutputTensor>>;
type Dims = readonly number[];

const BOX_COORDINATES = 4;

/** What the outputs have to hold for the labels that point into them. */
interface Wanted {
  /** Entries, channels or classes: one more than the largest index of a label. */
  readonly classes: number;
}

function isAny(length: number): boolean {
  return length > 0;
}

function checkScores(dims: Dims, { classes }: Wanted): string | undefined {
  const count = dims.reduce((product, side) => product * side, 1);
  const isVector = dims.filter((side) => side !== 1).length <= 1;
  return isVector && count >= classes ? undefined : `a vector of ${classes} scores or more`;
}

/** [h, w], [1, h, w] or [1, K, h, w]. */
function checkMap(dims: Dims, { classes }: Wanted, isMask: boolean): string | undefined {
  const [rows = 0, columns = 0] = dims.slice(-2);
  const channels = dims.length === 4 ? (dims[1] ?? 0) : 1;
  const leading = dims.length === 2 || dims[0] === 1;
  const isWide = channels >= classes || (channels === 1 && !isMask);
  if (dims.length >= 2 && dims.length <= 4 && leading && isWide && isAny(rows * columns)) {
    return undefined;
  }
  return `a map [1, ${classes} or more${isMask ? '' : ', or 1'}, h, w]`;
}

function checkBoxes(output: OutputOf<'boxes'>, outputs: Outputs, wanted: Wanted): string[] {
  const { classes } = wanted;
  const dims = outputs[output.name]?.dims ?? [];
  const [batch, first = 0, second = 0] = dims;
  const isBatch = dims.length === 3 && batch === 1;
  if (output.format === 'detr') {
    const places = outputs[output.boxes ?? '']?.dims ?? [];
    const isPlaced = places.length === 3 && places[1] === first && places[2] === BOX_COORDINATES;
    return [
      ...(isBatch && second >= classes
        ? []
        : [`${output.name}: [1, Q, ${classes} classes or more]`]),
      ...(isPlaced ? [] : [`${output.boxes}: [1, Q, 4], as many as ${output.name} has`]),
    ];
  }
  const isRowwise = output.format !== 'yolo-v8';
  const columns = isRowwise ? second : first;
  const least = BOX_COORDINATES + (isRowwise ? 1 : 0) + classes;
  if (isBatch && columns >= least && isAny(first * second)) return [];
  return [`${output.name}: ${isRowwise ? `[1, N, ${least} or more]` : `[1, ${least} or more, N]`}`];
}

function checkFeatures(output: OutputOf<'features'>, outputs: Outputs, wanted: Wanted): string[] {
  const dims = outputs[output.name]?.dims ?? [];
  const channels = dims[1] ?? 0;
  const faults =
    dims.length === 4 && dims[0] === 1 ? [] : [`${output.name}: features [1, C, h, w]`];
  const { weights } = output;
  const table = 'output' in weights ? outputs[weights.output]?.dims : undefined;
  const [rows = 0, columns = 0] =
    'values' in weights ? [weights.values.length, weights.values[0]?.length ?? 0] : (table ?? []);
  const isRagged =
    'values' in weights && weights.values.some((row) => row.length !== weights.values[0]?.length);
  if (rows >= wanted.classes && columns === channels && !isRagged) return faults;
  return [
    ...faults,
    `class weights: [${wanted.classes} or more, ${channels}], not [${rows}, ${columns}]`,
  ];
}

function checkOne(output: ModelOutput, outputs: Outputs, wanted: Wanted): string[] {
  const dims = outputs[output.name]?.dims ?? [];
  const told = (expected: string | undefined) =>
    expected === undefined ? [] : [`${output.name}: ${expected}`];
  switch (output.kind) {
    case 'scores':
      return told(checkScores(dims, wanted));
    case 'heatmap':
      return told(checkMap(dims, wanted, false));
    case 'mask':
      return told(checkMap(dims, wanted, true));
    case 'boxes':
      return checkBoxes(output, outputs, wanted);
    case 'features':
      return checkFeatures(output, outputs, wanted);
    case 'atypicality':
      return told(outputs[output.name]?.data.length === 1 ? undefined : 'one number');
  }
}

/** What of a run does not agree with the manifest: shapes, and values that are no numbers. All of it at once. */
export function checkShapes(manifest: Manifest, outputs: Outputs): string[] {
  const classes = 1 + manifest.labels.reduce((largest, label) => Math.max(largest, label.index), 0);
  const shapes = manifest.outputs
    .flatMap((output) => checkOne(output, outputs, { classes }))
    .map((fault) => {
      const [name = ''] = fault.split(':');
      const dims = outputs[name]?.dims;
      return dims === undefined
        ? `${fault} is wanted`
        : `${fault} is wanted, [${dims.join(', ')}] came`;
    });
  const values = Object.entries(outputs)
    .filter(([, { data }]) => !data.every(Number.isFinite))
    .map(([name]) => `${name}: a run on zeros gives values that are no numbers`);
  return [...shapes, ...values];
}
