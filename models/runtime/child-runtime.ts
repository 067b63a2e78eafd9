import { fileURLToPath } from 'node:url';
import { RadTriageError } from '#core/errors.ts';
import { ChildPool } from '#isolation/child-pool.ts';
import { ChildEndError, type ChildSlot } from '#isolation/child-slot.ts';
import type { ResidentMemory } from '#isolation/resident-memory.ts';
import { SharedArena } from '#isolation/shared-arena.ts';
import { readRegion, writeValues } from '#isolation/shared-values.ts';
import { splitBatch } from './batch.ts';
import {
  type InputPiece,
  type LoadMessage,
  type OutputTensor,
  type Reply,
  type RunMessage,
  type RunReply,
  replySchema,
  type SharedOutput,
} from './messages.ts';
import { type ExecutionProvider, parseExecutionProviders } from './providers.ts';
import type {
  LoadedModel,
  RunInput,
  RunnableModel,
  RunResult,
  Runtime,
  RuntimeOptions,
} from './runtime.ts';
import { tensorrtEnvironment, tensorrtNotes } from './tensorrt.ts';

const CHILD_PATH = fileURLToPath(new URL('./child.ts', import.meta.url));
const LOAD_TIMEOUT_MS = 300_000;
/** The native library alone takes a quarter of a second to load, more on a busy machine. */
const START_ALLOWANCE_MS = 15_000;

/** What is known of a child: its shared file, and what its present process has loaded. */
interface ChildState {
  readonly arena: SharedArena;
  generation: number;
  loaded: Map<string, LoadedModel>;
}

/** The runtime: a pool of child processes that hold sessions. Made by createRuntime. */
export class ChildRuntime implements Runtime {
  readonly processes: number;
  readonly #options: RuntimeOptions;
  readonly #providers: ExecutionProvider[];
  readonly #pool: ChildPool<Reply>;
  readonly #states: ReadonlyMap<ChildSlot<Reply>, ChildState>;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.processes = options.processes;
    this.#providers = parseExecutionProviders(options.executionProviders);
    const own = Array.from({ length: options.processes }, () => new SharedArena());
    this.#pool = new ChildPool(
      own.map((arena) => ({
        path: CHILD_PATH,
        environment: {
          ...options.environment,
          ...(options.tensorrt && tensorrtEnvironment(options.tensorrt)),
        },
        descriptors: [arena, ...(options.arenas ?? [])].map(({ descriptor }) => descriptor),
        memoryLimitMb: options.memoryLimitMb,
        startAllowanceMs: START_ALLOWANCE_MS,
        parse: (message) => replySchema.parse(message),
      })),
    );
    this.#states = new Map(
      this.#pool.slots.flatMap((slot, index) => {
        const arena = own[index];
        return arena === undefined ? [] : [[slot, { arena, generation: 0, loaded: new Map() }]];
      }),
    );
  }

  async run(model: RunnableModel, input: RunInput, signal?: AbortSignal): Promise<RunResult> {
    const [result] = await this.runBatch(model, [input], signal);
    if (result === undefined) throw new RadTriageError('INTERNAL', 'a run without a result');
    return result;
  }

  async runBatch(
    model: RunnableModel,
    inputs: readonly RunInput[],
    signal?: AbortSignal,
  ): Promise<RunResult[]> {
    return this.#inChild(signal, async (slot) => {
      const { provider, batch } = await this.#ensureLoaded(slot, model, signal);
      const { arena } = this.#stateOf(slot);
      const { pieces, end } = this.#place(inputs, arena);
      const message: RunMessage = {
        kind: 'run',
        modelKey: keyOf(model),
        count: inputs.length,
        pieces,
        outputOffset: end,
      };
      const timeoutMs = this.#options.timeoutMs * Math.ceil(inputs.length / batch);
      const reply = await slot.request(message, timeoutMs, signal);
      const { runs, ms } = expectReply(reply, 'result');
      const images: Readonly<Record<string, OutputTensor>>[] = [];
      for (const { outputs, count } of runs) {
        images.push(...splitOutputs(await readOutputs(outputs, arena), count));
      }
      return images.map((image) => ({ outputs: image, provider, ms: ms / inputs.length }));
    });
  }

  async load(model: RunnableModel): Promise<LoadedModel> {
    return this.#inChild(undefined, (slot) => this.#ensureLoaded(slot, model));
  }

  async warmUp(models: readonly RunnableModel[]): Promise<void> {
    const loads = Array.from({ length: this.#pool.free }, () =>
      this.#inChild(undefined, async (slot) => {
        // What cannot be loaded fails again, and is told, when it is asked to run.
        for (const model of models) await this.#ensureLoaded(slot, model).catch(() => undefined);
      }),
    );
    await Promise.allSettled(loads);
  }

  processIds(): readonly number[] {
    return this.#pool.processIds();
  }

  memory(): readonly ResidentMemory[] {
    return this.#pool.memory();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    for (const { arena } of this.#states.values()) arena.close();
  }

  #stateOf(slot: ChildSlot<Reply>): ChildState {
    const state = this.#states.get(slot);
    if (state === undefined) throw new RadTriageError('INTERNAL', 'a child without state');
    if (state.generation !== slot.generation) {
      state.generation = slot.generation;
      state.loaded = new Map();
    }
    return state;
  }

  async #ensureLoaded(
    slot: ChildSlot<Reply>,
    model: RunnableModel,
    signal?: AbortSignal,
  ): Promise<LoadedModel> {
    const key = keyOf(model);
    const known = slot.pid === undefined ? undefined : this.#stateOf(slot).loaded.get(key);
    if (known !== undefined) return known;
    const message: LoadMessage = {
      kind: 'load',
      modelKey: key,
      path: model.path,
      sha256: model.sha256,
      inputName: model.inputName,
      dims: [...model.dims],
      maximumBatch: model.maximumBatch,
      outputNames: [...model.outputNames],
      providers: this.#providers,
      threads: this.#options.threads,
    };
    const timeoutMs = this.#options.loadTimeoutMs ?? LOAD_TIMEOUT_MS;
    const reply = await slot.request(message, timeoutMs, signal);
    const answer = expectReply(reply, 'loaded');
    const { tensorrt } = this.#options;
    const isTensorrt = answer.provider.includes('tensorrt') && tensorrt !== undefined;
    const loaded = { ...answer, notes: isTensorrt ? await tensorrtNotes(tensorrt) : [] };
    this.#stateOf(slot).loaded.set(key, loaded);
    return loaded;
  }

  /** Where the inputs lie for the child; those that are not shared yet are put into its own file first. */
  #place(inputs: readonly RunInput[], own: SharedArena): { pieces: InputPiece[]; end: number } {
    const arenas = [own, ...(this.#options.arenas ?? [])];
    let end = 0;
    const pieces = inputs.flatMap((input) => {
      if (!('data' in input)) {
        return input.map(({ arena, offset, bytes }) => ({
          descriptor: arenas.indexOf(arena),
          offset,
          bytes,
        }));
      }
      const bytes = writeValues(own.descriptor, input.data, end);
      end += bytes;
      return [{ descriptor: 0, offset: end - bytes, bytes }];
    });
    return { pieces, end };
  }

  async #inChild<T>(
    signal: AbortSignal | undefined,
    work: (slot: ChildSlot<Reply>) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#pool.use(work, signal);
    } catch (error) {
      throw error instanceof ChildEndError ? asModelError(error) : error;
    }
  }
}

function keyOf(model: RunnableModel): string {
  return `${model.sha256}:${model.path}`;
}

function asModelError(error: ChildEndError): unknown {
  const { end, message, cause } = error;
  if (end === 'aborted') return cause;
  const code =
    end === 'timeout' ? 'ANALYSIS_TIMEOUT' : end === 'memory' ? 'ANALYSIS_MEMORY' : 'MODEL_FAILED';
  return new RadTriageError(code, message, { cause: error });
}

function expectReply<K extends Reply['kind']>(reply: Reply, kind: K): Extract<Reply, { kind: K }> {
  if (reply.kind === 'error') throw new RadTriageError(reply.code, reply.message);
  if (!isKind(reply, kind)) throw new RadTriageError('INTERNAL', `no reply of kind ${kind}`);
  return reply;
}

function isKind<K extends Reply['kind']>(
  reply: Reply,
  kind: K,
): reply is Extract<Reply, { kind: K }> {
  return reply.kind === kind;
}

async function readOutputs(
  outputs: RunReply['outputs'],
  arena: SharedArena,
): Promise<Record<string, OutputTensor>> {
  const read: Record<string, OutputTensor> = {};
  for (const [name, output] of Object.entries(outputs)) {
    read[name] = 'data' in output ? output : await readShared(output, arena);
  }
  return read;
}

async function readShared(
  { offset, bytes, dims }: SharedOutput,
  arena: SharedArena,
): Promise<OutputTensor> {
  return { data: new Float32Array(await readRegion({ arena, offset, bytes })), dims };
}

function splitOutputs(
  outputs: Record<string, OutputTensor>,
  count: number,
): readonly Readonly<Record<string, OutputTensor>>[] {
  const images = count === 1 ? [outputs] : splitBatch(outputs, count);
  if (images === undefined)
    throw new RadTriageError('MODEL_FAILED', 'an output is not one an image');
  return images;
}
