import { bytes, integer, message, text } from './protobuf.ts';

/**
 * Tiny ONNX networks (onnx.proto, IR version 8, opset 13) that really compute something: enough to see the road of a
 * study through a runtime without any trained weights.
 */
export const FLOAT = 1;
export const INT64 = 7;
const BOOL = 9;

/** A side that is a name is dynamic. */
type Shape = readonly (number | string)[];

export function valueInfo(
  field: number,
  name: string,
  value: { type: number; shape: Shape },
): Buffer {
  const shape = value.shape.map((side) =>
    message(1, [typeof side === 'number' ? integer(1, side) : text(2, side)]),
  );
  return message(field, [
    text(1, name),
    message(2, [message(1, [integer(1, value.type), message(2, shape)])]),
  ]);
}

export function attributeInts(name: string, values: readonly number[]): Buffer {
  return message(5, [text(1, name), ...values.map((v) => integer(8, v)), integer(20, 7)]);
}

function attributeGraph(name: string, graph: readonly Buffer[]): Buffer {
  return message(5, [text(1, name), message(6, graph), integer(20, 5)]);
}

interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: readonly Buffer[];
}

export function node({ type, inputs, outputs, attributes = [] }: Node): Buffer {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...attributes,
  ]);
}

function scalar(name: string, type: number, raw: Buffer): Buffer {
  return message(5, [integer(2, type), text(8, name), bytes(9, raw)]);
}

function int64Scalar(name: string, value: bigint): Buffer {
  const raw = Buffer.alloc(8);
  raw.writeBigInt64LE(value);
  return scalar(name, INT64, raw);
}

export function model(graph: readonly Buffer[]): Buffer {
  return Buffer.concat([
    integer(1, 8),
    text(2, 'radtriage-tests'),
    message(7, [text(2, 'graph'), ...graph]),
    message(8, [integer(2, 13)]),
  ]);
}

/** heatmap = mean of each cell x cell square of `from`; score = the largest of them. */
function brightnessNodes(from: string, cell: number): Buffer[] {
  return [
    node({
      type: 'AveragePool',
      inputs: [from],
      outputs: ['heatmap'],
      attributes: [
        attributeInts('kernel_shape', [cell, cell]),
        attributeInts('strides', [cell, cell]),
      ],
    }),
    node({ type: 'ReduceMax', inputs: ['heatmap'], outputs: ['score'] }),
  ];
}

function brightnessValues(size: number, cell: number): Buffer[] {
  const image = { type: FLOAT, shape: [1, 1, size, size] };
  const heatmap = { type: FLOAT, shape: [1, 1, size / cell, size / cell] };
  return [
    valueInfo(11, 'image', image),
    valueInfo(12, 'score', { type: FLOAT, shape: [1, 1, 1, 1] }),
    valueInfo(12, 'heatmap', heatmap),
  ];
}

/**
 * image [1, 1, size, size] -> heatmap [1, 1, size / cell, size / cell] of cell means, and score, the largest mean.
 */
export function brightnessNetwork(size: number, cell: number): Buffer {
  return model([...brightnessNodes('image', cell), ...brightnessValues(size, cell)]);
}

/** The same after a loop of `rounds` turns that leave the image as it is: as slow as a test needs. */
export function slowNetwork(size: number, cell: number, rounds: bigint): Buffer {
  const image = { type: FLOAT, shape: [1, 1, size, size] };
  const body = [
    text(2, 'body'),
    node({ type: 'Identity', inputs: ['going'], outputs: ['goes_on'] }),
    node({ type: 'Neg', inputs: ['state'], outputs: ['next_state'] }),
    valueInfo(11, 'round', { type: INT64, shape: [] }),
    valueInfo(11, 'going', { type: BOOL, shape: [] }),
    valueInfo(11, 'state', image),
    valueInfo(12, 'goes_on', { type: BOOL, shape: [] }),
    valueInfo(12, 'next_state', image),
  ];
  return model([
    node({
      type: 'Loop',
      inputs: ['rounds', 'always', 'image'],
      outputs: ['after'],
      attributes: [attributeGraph('body', body)],
    }),
    ...brightnessNodes('after', cell),
    int64Scalar('rounds', rounds),
    scalar('always', BOOL, Buffer.from([1])),
    ...brightnessValues(size, cell),
  ]);
}
