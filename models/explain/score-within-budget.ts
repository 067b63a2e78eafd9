import { setImmediate } from 'node:timers/promises';
import type { ScoreInputs } from './network-input.ts';

interface Budget {
  readonly score: ScoreInputs;
  readonly batch: number;
  readonly budgetMs: number;
}

/**
 * Scores inputs in batches until they end or the next batch would, at the pace of the slowest so far, end after the
 * budget. The first batch is a single input, so that the pace is known at little cost. Inputs are made one by one, with
 * a turn of the event loop between.
 *
 * @param take is given each score with its input's number
 * @returns how many were scored, and the time it took
 */
export async function scoreWithinBudget(
  inputs: Iterator<Float32Array>,
  { score, batch, budgetMs }: Budget,
  take: (score: number, index: number) => void,
): Promise<{ scored: number; ms: number }> {
  const begin = performance.now();
  let scored = 0;
  let slowest = 0;
  for (;;) {
    const size = scored === 0 ? 1 : batch;
    const started = performance.now();
    if (scored > 0 && started - begin + slowest * size > budgetMs) break;
    const inputsNow = await nextInputs(inputs, size);
    if (inputsNow.length === 0) break;
    for (const value of await score(inputsNow)) {
      take(value, scored);
      scored += 1;
    }
    slowest = Math.max(slowest, (performance.now() - started) / inputsNow.length);
  }
  return { scored, ms: performance.now() - begin };
}

async function nextInputs(inputs: Iterator<Float32Array>, count: number): Promise<Float32Array[]> {
  const taken: Float32Array[] = [];
  while (taken.length < count) {
    const next = inputs.next();
    if (next.done === true) break;
    taken.push(next.value);
    await setImmediate();
  }
  return taken;
}
