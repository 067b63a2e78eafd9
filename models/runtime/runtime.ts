import { RadTriageError } from '#core/errors.ts';
import type { Tensor } from '../preprocess/preprocess.ts';
import type { LoadedReply, OutputTensor } from './messages.ts';
import { type ExecutionProvider, parseExecutionProviders } from './providers.ts';
import { Slot, type SlotRequest } from './slot.ts';

/** What the runtime needs to know of a model; every verified model of the registry has it. */
export interface RunnableModel {
  /** Absolute path of the ONNX file. */
  readonly path: string;
  /** What the file must hash to: the child refuses any other bytes. */
  readonly sha256: string;
  readonly inputName: string;
  /** [1, channels, H, W] */
  readonly dims: readonly [1, number, number, number];
  /** More than 1 when the first axis is dynamic: up to so many images in one run. */
  readonly maximumBatch: number;
  readonly outputNames: readonly string[];
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, OutputTensor>>;
  /** The execution provider that really ran: 'cpu', 'cuda', 'tensorrt', or several joined by `+`. */
  readonly provider: string;
  /** Of the network alone, in the child process. */
  readonly ms: number;
}

export interface RuntimeOptions {
  /** Tried in this order for each model; see providers.ts. */
  readonly executionProviders: readonly string[];
  /** Child processes: as many runs at once. */
  readonly processes: number;
  /** Threads of each. */
  readonly threads: number;
  /** Longest time of one run. */
  readonly timeoutMs: number;
  /** Longest time of loading and warming up; TensorRT builds its engine then. */
  readonly loadTimeoutMs?: number;
  /** The whole environment of the children: empty unless a GPU's libraries need a path. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Runtime {
  /**
   * Loads the model where that has not been done, and runs it.
   * @throws RadTriageError MODEL_ALTERED, MODEL_MISSING, MODEL_MANIFEST_INVALID; MODEL_FAILED and ANALYSIS_TIMEOUT,
   *   which are worth another try: the child is a new one then
   */
  run(model: RunnableModel, tensor: Tensor): Promise<RunResult>;
  /** Loads and warms up without running; tells the provider and why earlier ones declined. */
  load(model: RunnableModel): Promise<{ provider: string; declined: readonly string[] }>;
  /** Loads the models into every child process that is free, so that the first study need not wait for it. */
  warmUp(models: readonly RunnableModel[]): Promise<void>;
  /** Process ids of the children alive. */
  processIds(): readonly number[];
  close(): Promise<void>;
}

const LOAD_TIMEOUT_MS = 300_000;

class SlotPool implements Runtime {
  readonly #options: RuntimeOptions;
  readonly #providers: ExecutionProvider[];
  readonly #slots: Slot[];
  readonly #idle: Slot[];
  readonly #waiting: { take(slot: Slot): void; refuse(error: RadTriageError): void }[] = [];
  #closed = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#providers = parseExecutionProviders(options.executionProviders);
    this.#slots = Array.from(
      { length: options.processes },
      () => new Slot(options.environment ?? {}),
    );
    this.#idle = [...this.#slots];
  }

  async run(model: RunnableModel, tensor: Tensor): Promise<RunResult> {
    return this.#withSlot(async (slot) => {
      const { provider } = await this.#ensureLoaded(slot, model);
      const answer = await slot.request(
        { kind: 'run', modelKey: keyOf(model), data: tensor.data },
        this.#options.timeoutMs,
      );
      if (answer.kind !== 'result') throw new RadTriageError('INTERNAL', 'no result in the reply');
      return { outputs: answer.outputs, provider, ms: answer.ms };
    });
  }

  async load(model: RunnableModel): Promise<LoadedReply> {
    return this.#withSlot((slot) => this.#ensureLoaded(slot, model));
  }

  async warmUp(models: readonly RunnableModel[]): Promise<void> {
    const free = this.#idle.length;
    const loads = Array.from({ length: free }, () =>
      this.#withSlot(async (slot) => {
        // What cannot be loaded fails again, and is told, when it is asked to run.
        for (const model of models) await this.#ensureLoaded(slot, model).catch(() => undefined);
      }),
    );
    await Promise.allSettled(loads);
  }

  processIds(): readonly number[] {
    return this.#slots.map((slot) => slot.pid).filter((pid) => pid !== undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(closedError());
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  async #ensureLoaded(slot: Slot, model: RunnableModel): Promise<LoadedReply> {
    const known = slot.loaded.get(keyOf(model));
    if (known !== undefined) return known;
    const request: SlotRequest = {
      kind: 'load',
      modelKey: keyOf(model),
      path: model.path,
      sha256: model.sha256,
      inputName: model.inputName,
      dims: [...model.dims],
      outputNames: [...model.outputNames],
      providers: this.#providers,
      threads: this.#options.threads,
    };
    const timeoutMs = this.#options.loadTimeoutMs ?? LOAD_TIMEOUT_MS;
    const answer = await slot.request(request, timeoutMs);
    if (answer.kind !== 'loaded') throw new RadTriageError('INTERNAL', 'not loaded by the reply');
    slot.noteLoaded(keyOf(model), answer);
    return answer;
  }

  async #withSlot<T>(work: (slot: Slot) => Promise<T>): Promise<T> {
    if (this.#closed) throw closedError();
    const slot = this.#idle.pop() ?? (await this.#nextSlot());
    try {
      return await work(slot);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(slot);
      else next.take(slot);
    }
  }

  #nextSlot(): Promise<Slot> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ take: resolve, refuse: reject });
    });
  }
}

function keyOf(model: RunnableModel): string {
  return `${model.sha256}:${model.path}`;
}

function closedError(): RadTriageError {
  return new RadTriageError('MODEL_FAILED', 'the runtime is closed');
}

/**
 * Runs networks in child processes, so that neither a long run nor a native crash touches this one.
 * @throws RadTriageError CONFIG_INVALID for an unknown execution provider
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  return new SlotPool(options);
}
