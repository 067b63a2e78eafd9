import type { RunInput, RunnableModel, RunResult, Runtime } from '../runtime/runtime.ts';

interface Waiting {
  readonly input: RunInput;
  resolve(result: RunResult): void;
  reject(error: unknown): void;
}

/** Gathers the inputs of one model until they make a batch. */
export class Batcher {
  readonly #model: RunnableModel;
  readonly #size: number;
  readonly #runBatch: Runtime['runBatch'];
  #waiting: Waiting[] = [];

  /** @param size inputs of a batch; with 1 nothing ever waits */
  constructor(model: RunnableModel, size: number, runBatch: Runtime['runBatch']) {
    this.#model = model;
    this.#size = size;
    this.#runBatch = runBatch;
  }

  run(input: RunInput): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      if (this.#waiting.length >= this.#size) this.flush();
    });
  }

  /** Runs what has gathered: nothing more is coming before that is done. */
  flush(): void {
    const batch = this.#waiting.splice(0);
    if (batch.length === 0) return;
    const inputs = batch.map(({ input }) => input);
    this.#runBatch(this.#model, inputs).then(
      (results) => {
        for (const [index, { resolve, reject }] of batch.entries()) {
          const result = results[index];
          if (result === undefined) reject(new RangeError('fewer results than inputs'));
          else resolve(result);
        }
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }
}
