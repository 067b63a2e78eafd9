import type { LoadedModel, RunnableModel, Runtime } from './runtime.ts';

interface Quantiles {
  readonly median: number;
  readonly p95: number;
}

export interface BenchResult {
  /** The provider that really ran, why earlier ones declined, the batch, and milliseconds to load and warm up. */
  readonly loaded: LoadedModel;
  readonly provider: string;
  readonly runs: number;
  /** Milliseconds of the network alone, and with the way to the child process and back. */
  readonly network: Quantiles;
  readonly roundTrip: Quantiles;
  /** The most that the child process took, MB of 2^20 bytes; undefined where the system does not tell. */
  readonly memoryMb: number | undefined;
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95) };
}

/** Times `runs` runs on an input of zeros, one after the other, after the warm-up. @throws as the runtime */
export async function benchModel(
  runtime: Runtime,
  model: RunnableModel,
  runs: number,
): Promise<BenchResult> {
  const { dims } = model;
  const data = new Float32Array(dims.reduce((product, side) => product * side, 1));
  const loaded = await runtime.load(model);
  const network: number[] = [];
  const roundTrip: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begin = performance.now();
    const { ms } = await runtime.run(model, { data, dims });
    roundTrip.push(performance.now() - begin);
    network.push(ms);
  }
  const peaks = runtime.memory().map(({ peak }) => Math.round(peak));
  return {
    loaded,
    provider: loaded.provider,
    runs,
    network: quantiles(network),
    roundTrip: quantiles(roundTrip),
    memoryMb: peaks.length === 0 ? undefined : Math.max(...peaks),
  };
}
