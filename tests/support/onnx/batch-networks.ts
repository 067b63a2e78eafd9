import { attributeInts, FLOAT, INT64, model, node, valueInfo } from './networks.ts';
import { bytes, integer, message, text } from './protobuf.ts';

/** Networks with a dynamic first axis, [n, 1, size, size], and one that takes too much memory. */
const CELL = 8;
const AXES_OF_AN_IMAGE = [1, 2, 3];

function cellMeans(): Buffer {
  return node({
    type: 'AveragePool',
    inputs: ['image'],
    outputs: ['means'],
    attributes: [
      attributeInts('kernel_shape', [CELL, CELL]),
      attributeInts('strides', [CELL, CELL]),
    ],
  });
}

function values(size: number, scores: number | string): Buffer[] {
  const cells = size / CELL;
  return [
    valueInfo(11, 'image', { type: FLOAT, shape: ['n', 1, size, size] }),
    valueInfo(12, 'score', { type: FLOAT, shape: [scores, 1, 1, 1] }),
    valueInfo(12, 'heatmap', { type: FLOAT, shape: ['n', 1, cells, cells] }),
  ];
}

function largest(axes: readonly number[]): Buffer {
  const attributes = [attributeInts('axes', axes)];
  return node({ type: 'ReduceMax', inputs: ['heatmap'], outputs: ['score'], attributes });
}

function named(from: string, name: string): Buffer {
  return node({ type: 'Identity', inputs: [from], outputs: [name] });
}

/** Cell means and the largest of them, image by image. */
export function batchNetwork(size: number): Buffer {
  return model([
    cellMeans(),
    named('means', 'heatmap'),
    largest(AXES_OF_AN_IMAGE),
    ...values(size, 'n'),
  ]);
}

/** The same with one score for the whole batch. */
export function oneScoreNetwork(size: number): Buffer {
  return model([
    cellMeans(),
    named('means', 'heatmap'),
    largest([0, ...AXES_OF_AN_IMAGE]),
    ...values(size, 1),
  ]);
}

/** The same, less the mean over the whole batch: an image's result depends on its company. */
export function mixingNetwork(size: number): Buffer {
  return model([
    cellMeans(),
    node({
      type: 'ReduceMean',
      inputs: ['means'],
      outputs: ['mean'],
      attributes: [attributeInts('axes', [0, ...AXES_OF_AN_IMAGE])],
    }),
    node({ type: 'Sub', inputs: ['means', 'mean'], outputs: ['heatmap'] }),
    largest(AXES_OF_AN_IMAGE),
    ...values(size, 'n'),
  ]);
}

/** Makes a tensor of so many float32 before it gives the cell means. */
export function greedyNetwork(size: number, floats: number): Buffer {
  const shape = Buffer.alloc(8);
  shape.writeBigInt64LE(BigInt(floats));
  return model([
    message(5, [integer(1, 1), integer(2, INT64), text(8, 'shape'), bytes(9, shape)]),
    node({ type: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] }),
    node({
      type: 'ReduceMax',
      inputs: ['zeros'],
      outputs: ['zero'],
      attributes: [attributeInts('axes', [0])],
    }),
    cellMeans(),
    node({ type: 'Add', inputs: ['means', 'zero'], outputs: ['heatmap'] }),
    largest(AXES_OF_AN_IMAGE),
    ...values(size, 'n'),
  ]);
}
