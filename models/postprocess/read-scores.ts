import type { Label } from '../manifest/labels.ts';
import type { OutputOf } from '../manifest/outputs.ts';
import { calibrate, sigmoid, softmax } from './activation.ts';
import { badOutput, type Outputs, readTensor, shapeText, unitValue } from './tensors.ts';

/**
 * The score of each label, 0 to 1, calibrated.
 * @throws RadTriageError MODEL_FAILED when the output is no vector, too short, or out of bounds
 */
export function readScores(
  outputs: Outputs,
  output: OutputOf<'scores'>,
  labels: readonly Label[],
): number[] {
  const { name, data, dims } = readTensor(outputs, output.name);
  if (dims.filter((side) => side !== 1).length > 1) {
    throw badOutput(name, `is no vector of scores but ${shapeText(dims)}`);
  }
  const all = output.activation === 'softmax' ? softmax([...data]) : undefined;
  return labels.map((label) => {
    const raw = data[label.index];
    if (raw === undefined) throw badOutput(name, `has no score at index ${label.index}`);
    const activated = output.activation === 'sigmoid' ? sigmoid(raw) : (all?.[label.index] ?? raw);
    return calibrate(label, unitValue(activated, name));
  });
}
