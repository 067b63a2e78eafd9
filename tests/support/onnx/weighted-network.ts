import { FLOAT, model, node, valueInfo } from './networks.ts';
import { bytes, integer, message, text } from './protobuf.ts';

function initializer(name: string, dims: readonly number[], values: Float32Array): Buffer {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return message(5, [
    ...dims.map((side) => integer(1, side)),
    integer(2, FLOAT),
    text(8, name),
    bytes(9, raw),
  ]);
}

/**
 * image [1, 1, size, size] -> score [1, 1, 1, 1] = sigmoid(sum(weights x image) + bias): a black box whose score comes
 * from where its weights are, and from nowhere else.
 * @param weights [size, size], row-major
 */
export function weightedNetwork(size: number, weights: Float32Array, bias: number): Buffer {
  return model([
    node({ type: 'Conv', inputs: ['image', 'weights', 'bias'], outputs: ['logit'] }),
    node({ type: 'Sigmoid', inputs: ['logit'], outputs: ['score'] }),
    initializer('weights', [1, 1, size, size], weights),
    initializer('bias', [1], Float32Array.of(bias)),
    valueInfo(11, 'image', { type: FLOAT, shape: [1, 1, size, size] }),
    valueInfo(12, 'score', { type: FLOAT, shape: [1, 1, 1, 1] }),
  ]);
}
