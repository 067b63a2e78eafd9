import { RadTriageError } from '#core/errors.ts';
import type { RunResult } from '../runtime/runtime.ts';

export type Outputs = RunResult['outputs'];

/** One output of a run, checked to hold finite numbers, as many as its shape says. */
export interface OutputTensor {
  readonly name: string;
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** @throws RadTriageError MODEL_FAILED */
export function readTensor(outputs: Outputs, name: string): OutputTensor {
  const tensor = outputs[name];
  if (tensor === undefined) throw badOutput(name, 'is missing');
  const { data, dims } = tensor;
  if (data.length === 0 || data.length !== dims.reduce((product, side) => product * side, 1)) {
    throw badOutput(name, 'does not have as many values as its shape says');
  }
  if (!data.every(Number.isFinite)) throw badOutput(name, 'holds values that are no numbers');
  return { name, data, dims };
}

export function badOutput(name: string, what: string): RadTriageError {
  return new RadTriageError('MODEL_FAILED', `output ${name} ${what}`);
}

export function shapeText(dims: readonly number[]): string {
  return `[${dims.join(', ')}]`;
}

/** How far rounding may carry a score over its bounds. */
const ROUNDING = 1e-4;

/** A value that is to be final, held to 0..1. @throws RadTriageError MODEL_FAILED */
export function unitValue(value: number, name: string): number {
  if (!(value >= -ROUNDING && value <= 1 + ROUNDING)) {
    throw badOutput(name, 'holds values outside 0 to 1: its activation is not none');
  }
  return Math.min(Math.max(value, 0), 1);
}
