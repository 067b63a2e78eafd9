import type { RunnableModel, Runtime } from './runtime.ts';

export interface BenchResult {
  readonly provider: string;
  readonly runs: number;
  /** Milliseconds of the network alone, and with the way to the child process and back. */
  readonly network: { readonly median: number; readonly p95: number };
  readonly roundTrip: { readonly median: number; readonly p95: number };
}

function quantiles(values: readonly number[]): { median: number; p95: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95) };
}

/** Times `runs` runs on an input of zeros, one after the other, after the warm-up. */
export async function benchModel(
  runtime: Runtime,
  model: RunnableModel,
  runs: number,
): Promise<BenchResult> {
  const { dims } = model;
  const data = new Float32Array(dims.reduce((product, side) => product * side, 1));
  const { provider } = await runtime.load(model);
  const network: number[] = [];
  const roundTrip: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begin = performance.now();
    const { ms } = await runtime.run(model, { data, dims });
    roundTrip.push(performance.now() - begin);
    network.push(ms);
  }
  return { provider, runs, network: quantiles(network), roundTrip: quantiles(roundTrip) };
}
