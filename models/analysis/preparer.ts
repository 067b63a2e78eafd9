import { fileURLToPath } from 'node:url';
import { RadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { sampleBytes, withSamples } from '#dicom/pixels/decoder-messages.ts';
import {
  asDecodingError,
  DECODER_TIMEOUT_MS,
  type DecoderLimits,
  decoderProgram,
  requestTwice,
} from '#dicom/pixels/decoder-process.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { ChildPool } from '#isolation/child-pool.ts';
import type { ResidentMemory } from '#isolation/resident-memory.ts';
import { SharedArena, type SharedRegion } from '#isolation/shared-arena.ts';
import { readRegion } from '#isolation/shared-values.ts';
import {
  type FrameReply,
  type PreparedReply,
  type PrepareReply,
  type PrepareRequest,
  prepareReplySchema,
} from './prepare-messages.ts';

export interface PreparerOptions extends DecoderLimits {
  /** How many frames are decoded and prepared at once. */
  readonly processes: number;
}

export type PrepareTask = Pick<PrepareRequest, 'frames' | 'own' | 'preparations' | 'reduced'>;

/** A network's inputs of one frame, in shared memory. */
export type PreparedInput =
  | Exclude<PreparedReply, { kind: 'prepared' }>
  | (Extract<PreparedReply, { kind: 'prepared' }> & { readonly regions: readonly SharedRegion[] });

export type PreparedFrame =
  | Extract<FrameReply, { kind: 'failed' }>
  | { readonly kind: 'decoded'; readonly ms: number; readonly prepared: readonly PreparedInput[] };

export interface PreparedFrames {
  /** The task's own frames. */
  readonly frames: readonly PreparedFrame[];
  readonly reduced: DecodedFrame | undefined;
  /** Gives the shared memory back: once, when the inputs have been used. */
  release(): void;
}

/** Makes network inputs of frames in killable processes. */
export interface Preparer {
  readonly processes: number;
  /** Where the inputs lie: the runtime has to be given these. */
  readonly arenas: readonly SharedArena[];
  /**
   * Decodes the frames, and makes of each own frame what each model wants of it. What fails or is refused is part of
   * the answer, but for a process that ends, which is the fault of all frames of the task.
   * @param signal takes the task out of the queue, or kills the process that is at it; its reason is thrown then
   * @throws RadTriageError PIXELS_UNDECODABLE (a crash after one more try, a hang, or memory)
   */
  prepare(task: PrepareTask, signal?: AbortSignal): Promise<PreparedFrames>;
  /** Process ids of the children alive. */
  processIds(): readonly number[];
  /** What each child alive takes. */
  memory(): readonly ResidentMemory[];
  close(): Promise<void>;
}

const CHILD_PATH = fileURLToPath(new URL('./prepare-child.ts', import.meta.url));
const FLOAT_BYTES = 4;

class ChildPreparer implements Preparer {
  readonly processes: number;
  /** One a process. */
  readonly arenas: readonly SharedArena[];
  readonly #timeoutMs: number;
  readonly #pool: ChildPool<PrepareReply>;

  constructor(options: PreparerOptions) {
    this.processes = options.processes;
    this.#timeoutMs = options.timeoutMs ?? DECODER_TIMEOUT_MS;
    this.arenas = Array.from({ length: options.processes }, () => new SharedArena());
    const parse = (message: unknown) => prepareReplySchema.parse(message);
    this.#pool = new ChildPool(
      this.arenas.map((arena) => decoderProgram({ path: CHILD_PATH, parse }, arena, options)),
    );
  }

  async prepare(task: PrepareTask, signal?: AbortSignal): Promise<PreparedFrames> {
    // The time is for one frame.
    const timeoutMs = this.#timeoutMs * task.frames.length;
    try {
      return await this.#pool.use(async (slot) => {
        const arena = this.arenas[this.#pool.slots.indexOf(slot)];
        if (arena === undefined) throw new RadTriageError('INTERNAL', 'a decoder without memory');
        const open = arena.reserve(bytesOf(task));
        try {
          const message = { ...task, limits: DEFAULT_LIMITS, offset: open.offset };
          const reply = await requestTwice(slot, message, { timeoutMs, signal });
          if (reply.spent) slot.discard();
          return await this.#take(reply, open);
        } catch (error) {
          arena.release(open);
          throw error;
        }
      }, signal);
    } catch (error) {
      throw asDecodingError(error, timeoutMs);
    }
  }

  processIds(): readonly number[] {
    return this.#pool.processIds();
  }

  memory(): readonly ResidentMemory[] {
    return this.#pool.memory();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    for (const arena of this.arenas) arena.close();
  }

  async #take(reply: PrepareReply, open: SharedRegion): Promise<PreparedFrames> {
    const { arena } = open;
    let offset = open.offset;
    const next = (bytes: number): SharedRegion => {
      const region = { arena, offset, bytes };
      offset += bytes;
      return region;
    };
    const frames = reply.frames.map((frame): PreparedFrame => {
      if (frame.kind === 'failed') return frame;
      const prepared = frame.prepared.map((one): PreparedInput => {
        if (one.kind !== 'prepared') return one;
        return { ...one, regions: one.parts.map(({ bytes }) => next(bytes)) };
      });
      return { ...frame, prepared };
    });
    let reduced: DecodedFrame | undefined;
    if (reply.reduced !== undefined) {
      const region = next(sampleBytes(reply.reduced));
      reduced = withSamples(reply.reduced, await readRegion(region));
    }
    const used = arena.shorten(open, offset - open.offset);
    return { frames, reduced, release: () => arena.release(used) };
  }
}

/** How much is going to be written, or Infinity where the number of tiles is not known yet. */
function bytesOf({ own, preparations, reduced }: PrepareTask): number {
  const inputs = preparations.reduce((sum, { input }) => {
    if (input.tiles !== undefined) return Number.POSITIVE_INFINITY;
    return sum + input.channels * input.size[0] * input.size[1] * FLOAT_BYTES;
  }, 0);
  // Three samples of eight bytes is the most that a pixel can take.
  const copy = reduced === undefined ? 0 : reduced.longestSide ** 2 * 3 * 8;
  return inputs * (own.to - own.from) + copy;
}

/** Processes start when they are first needed. */
export function createPreparer(options: PreparerOptions): Preparer {
  return new ChildPreparer(options);
}
