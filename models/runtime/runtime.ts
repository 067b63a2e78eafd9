import type { ResidentMemory } from '#isolation/resident-memory.ts';
import type { SharedArena, SharedRegion } from '#isolation/shared-arena.ts';
import type { Tensor } from '../preprocess/preprocess.ts';
import { ChildRuntime } from './child-runtime.ts';
import type { LoadedReply, OutputTensor } from './messages.ts';
import type { TensorrtSettings } from './tensorrt.ts';

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

/** The input of one image in shared memory: its parts, such as one a channel, in their order. */
export type SharedInput = readonly SharedRegion[];
export type RunInput = Tensor | SharedInput;

export interface RunResult {
  readonly outputs: Readonly<Record<string, OutputTensor>>;
  /** The execution provider that really ran: 'cpu', 'cuda', 'tensorrt', or several joined by `+`. */
  readonly provider: string;
  /** Of the network alone, in the child process; an image's share of its batch. */
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
  /** Resident memory of a child, MB of 2^20 bytes, above which it is killed. */
  readonly memoryLimitMb?: number | undefined;
  /** The whole environment of the children: empty unless a GPU's libraries need a path. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly tensorrt?: TensorrtSettings;
  /** Where shared inputs may lie. */
  readonly arenas?: readonly SharedArena[];
}

/** What became of a model in a child process. */
export type LoadedModel = Pick<
  LoadedReply,
  'provider' | 'declined' | 'batch' | 'batchDeclined' | 'ms' | 'runMs'
> & {
  /** Settings that had no effect. */
  readonly notes: readonly string[];
};

export interface Runtime {
  /** Child processes: as many runs at once. */
  readonly processes: number;
  /**
   * Loads the model where that has not been done, and runs it.
   * @param signal takes the run out of the queue, or kills the child that is at it; its reason is thrown then
   * @throws RadTriageError MODEL_ALTERED, MODEL_MISSING, MODEL_MANIFEST_INVALID; MODEL_FAILED, ANALYSIS_TIMEOUT and
   *   ANALYSIS_MEMORY, which are worth another try: the child is a new one then
   */
  run(model: RunnableModel, input: RunInput, signal?: AbortSignal): Promise<RunResult>;
  /** The same for several images at once, in as few runs as the model's `batch` allows (see `load`). */
  runBatch(
    model: RunnableModel,
    inputs: readonly RunInput[],
    signal?: AbortSignal,
  ): Promise<RunResult[]>;
  /** Loads and warms up without running; tells the provider and why earlier ones declined. */
  load(model: RunnableModel): Promise<LoadedModel>;
  /** Loads the models into every child process that is free, so that the first study need not wait for it. */
  warmUp(models: readonly RunnableModel[]): Promise<void>;
  /** Process ids of the children alive. */
  processIds(): readonly number[];
  /** What each child alive takes. */
  memory(): readonly ResidentMemory[];
  close(): Promise<void>;
}

/**
 * Runs networks in child processes, so that neither a long run nor a native crash touches this one.
 * @throws RadTriageError CONFIG_INVALID for an unknown execution provider
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  return new ChildRuntime(options);
}
