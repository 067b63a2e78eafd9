import { attributeInts, FLOAT, INT64, model, node, valueInfo } from './networks.ts';
import { bytes, integer, message, text } from './protobuf.ts';

/**
 * Networks that find bright squares and tell of them in every usual way. Input `image` [1, channels, size, size], 0 to
 * 1; `means` are the means of cells of 8 x 8 over all channels.
 */
export const CELL = 8;

function constant(name: string, dims: readonly number[], values: readonly number[]): Buffer {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  return message(5, [
    ...dims.map((side) => integer(1, side)),
    integer(2, FLOAT),
    text(8, name),
    bytes(9, raw),
  ]);
}

function shape(name: string, dims: readonly number[]): Buffer {
  const raw = Buffer.from(BigInt64Array.from(dims.map(BigInt)).buffer);
  return message(5, [integer(1, dims.length), integer(2, INT64), text(8, name), bytes(9, raw)]);
}

function attributeInt(name: string, value: number): Buffer {
  return message(5, [text(1, name), integer(3, value), integer(20, 2)]);
}

function concat(inputs: readonly string[], output: string, axis: number): Buffer {
  return node({
    type: 'Concat',
    inputs,
    outputs: [output],
    attributes: [attributeInt('axis', axis)],
  });
}

function twoInputs(type: 'Mul' | 'Sub' | 'Add', inputs: [string, string], output: string): Buffer {
  return node({ type, inputs, outputs: [output] });
}

function reshape(input: string, dims: readonly number[], output: string): Buffer[] {
  return [
    shape(`${output}-shape`, dims),
    node({ type: 'Reshape', inputs: [input, `${output}-shape`], outputs: [output] }),
  ];
}

/** means [1, 1, size / 8, size / 8] */
function cellMeans(): Buffer[] {
  const strides = [
    attributeInts('kernel_shape', [CELL, CELL]),
    attributeInts('strides', [CELL, CELL]),
  ];
  return [
    node({ type: 'AveragePool', inputs: ['image'], outputs: ['pooled'], attributes: strides }),
    node({
      type: 'ReduceMean',
      inputs: ['pooled'],
      outputs: ['means'],
      attributes: [attributeInts('axes', [1])],
    }),
  ];
}

interface Graph {
  readonly size: number;
  readonly channels?: number;
  readonly nodes: readonly Buffer[];
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

function graph({ size, channels = 1, nodes, outputs }: Graph): Buffer {
  return model([
    ...cellMeans(),
    ...nodes,
    valueInfo(11, 'image', { type: FLOAT, shape: [1, channels, size, size] }),
    ...Object.entries(outputs).map(([name, dims]) =>
      valueInfo(12, name, { type: FLOAT, shape: [...dims] }),
    ),
  ]);
}

/** Steep around the middle: a cell of 0.9 has a logit of 8, one of 0.1 of -8. */
const STEEPNESS = 20;

/** `output` = 20 x (input - 0.5) */
function steep(input: string, output: string): Buffer[] {
  return [
    constant(`${output}-middle`, [1], [0.5]),
    constant(`${output}-slope`, [1], [STEEPNESS]),
    twoInputs('Sub', [input, `${output}-middle`], `${output}-less`),
    twoInputs('Mul', [`${output}-less`, `${output}-slope`], output),
  ];
}

function negated(input: string, output: string): Buffer {
  return node({ type: 'Neg', inputs: [input], outputs: [output] });
}

/** logits [1, 2]: of a dark image, of a bright spot. */
function logits(): Buffer[] {
  return [
    node({ type: 'ReduceMax', inputs: ['means'], outputs: ['brightest'] }),
    ...steep('brightest', 'bright'),
    ...reshape('bright', [1, 1], 'bright-logit'),
    negated('bright-logit', 'dark-logit'),
    concat(['dark-logit', 'bright-logit'], 'logits', 1),
  ];
}

/** logits [1, 2]. The brightness of a spot is that of its brightest cell, over all channels. */
export function scoresNetwork(size: number, channels = 1): Buffer {
  return graph({ size, channels, nodes: logits(), outputs: { logits: [1, 2] } });
}

/** logits [1, 2] and strangeness, the mean of the whole image. */
export function checkedNetwork(size: number): Buffer {
  const strangeness = node({ type: 'ReduceMean', inputs: ['image'], outputs: ['strangeness'] });
  return graph({
    size,
    nodes: [...logits(), strangeness],
    outputs: { logits: [1, 2], strangeness: [1, 1, 1, 1] },
  });
}

/** heatmaps [1, 2, size / 8, size / 8] as logits: of dark, of bright cells. */
export function heatmapNetwork(size: number): Buffer {
  const cells = size / CELL;
  return graph({
    size,
    nodes: [
      ...steep('means', 'bright'),
      negated('bright', 'dark'),
      concat(['dark', 'bright'], 'heatmaps', 1),
    ],
    outputs: { heatmaps: [1, 2, cells, cells] },
  });
}

/** mask [1, 2, size, size] as logits: background, bright pixels. */
export function maskNetwork(size: number): Buffer {
  return graph({
    size,
    nodes: [
      ...steep('image', 'bright'),
      negated('bright', 'background'),
      concat(['background', 'bright'], 'mask', 1),
    ],
    outputs: { mask: [1, 2, size, size] },
  });
}

/** logits [1, 2], features [1, 2, h, w] (means, and how dark), weights [2, 2] and bias [2]. */
export function featuresNetwork(size: number): Buffer {
  const cells = size / CELL;
  return graph({
    size,
    nodes: [
      ...logits(),
      negated('means', 'darks'),
      concat(['means', 'darks'], 'features', 1),
      constant('weight-table', [2, 2], [0, STEEPNESS, STEEPNESS, 0]),
      constant('bias-table', [2], [STEEPNESS / 2, -STEEPNESS / 2]),
      node({ type: 'Identity', inputs: ['weight-table'], outputs: ['weights'] }),
      node({ type: 'Identity', inputs: ['bias-table'], outputs: ['bias'] }),
    ],
    outputs: { logits: [1, 2], features: [1, 2, cells, cells], weights: [2, 2], bias: [2] },
  });
}

type BoxFormat = 'yolo-v5' | 'yolo-v8' | 'yolox' | 'detr';

/** One box a cell, as large as the cell, as sure as the cell is bright; classes: dark, bright. */
export function boxesNetwork(size: number, format: BoxFormat): Buffer {
  const cells = size / CELL;
  const count = cells * cells;
  const numbers = Array.from({ length: count }, (_, i) => [
    (i % cells) * CELL + CELL / 2,
    Math.floor(i / cells) * CELL + CELL / 2,
    CELL,
    CELL,
  ]);
  const rows = (values: readonly number[][]) => constant('places', [1, count, 4], values.flat());
  const likeliness = [
    ...reshape('means', [1, count, 1], 'bright'),
    constant(
      'none',
      [1, count, 1],
      Array.from({ length: count }, () => 0),
    ),
  ];
  const sure = constant(
    'sure',
    [1, count, 1],
    Array.from({ length: count }, () => 1),
  );
  switch (format) {
    case 'yolo-v5':
      return graph({
        size,
        nodes: [
          ...likeliness,
          sure,
          rows(numbers),
          concat(['places', 'sure', 'none', 'bright'], 'boxes', 2),
        ],
        outputs: { boxes: [1, count, 7] },
      });
    case 'yolo-v8':
      return graph({
        size,
        nodes: [
          ...likeliness,
          rows(numbers),
          concat(['places', 'none', 'bright'], 'rows', 2),
          node({
            type: 'Transpose',
            inputs: ['rows'],
            outputs: ['boxes'],
            attributes: [attributeInts('perm', [0, 2, 1])],
          }),
        ],
        outputs: { boxes: [1, 6, count] },
      });
    case 'yolox':
      return graph({
        size,
        nodes: [
          ...likeliness,
          sure,
          // Offsets of half a cell; e^0 = 1 cell wide and high.
          rows(numbers.map(() => [0.5, 0.5, 0, 0])),
          concat(['places', 'sure', 'none', 'bright'], 'boxes', 2),
        ],
        outputs: { boxes: [1, count, 7] },
      });
    case 'detr':
      return graph({
        size,
        nodes: [
          ...likeliness,
          ...steep('bright', 'sureness'),
          negated('sureness', 'no-object'),
          constant(
            'never',
            [1, count, 1],
            Array.from({ length: count }, () => -100),
          ),
          concat(['never', 'sureness', 'no-object'], 'classes', 2),
          rows(numbers.map((box) => box.map((value) => value / size))),
          node({ type: 'Identity', inputs: ['places'], outputs: ['boxes'] }),
        ],
        outputs: { classes: [1, count, 3], boxes: [1, count, 4] },
      });
  }
}
