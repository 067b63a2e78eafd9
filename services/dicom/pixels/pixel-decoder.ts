import { fileURLToPath } from 'node:url';
import { RadTriageError } from '#core/errors.ts';
import { ChildPool } from '#isolation/child-pool.ts';
import type { ChildSlot } from '#isolation/child-slot.ts';
import { SharedArena } from '#isolation/shared-arena.ts';
import { readRegion } from '#isolation/shared-values.ts';
import type { PixelSource } from './byte-source.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import {
  type DecodeReply,
  decodeReplySchema,
  sampleBytes,
  withSamples,
} from './decoder-messages.ts';
import {
  asDecodingError,
  DECODER_TIMEOUT_MS,
  type DecoderLimits,
  decoderProgram,
  requestTwice,
} from './decoder-process.ts';
import { DEFAULT_LIMITS, type PixelLimits } from './image-description.ts';

export interface PixelDecoderOptions extends DecoderLimits {
  /** Samples of one frame: Rows x Columns x SamplesPerPixel. */
  readonly maxPixels?: number;
  /** Decoded bytes of the whole object: the above x bytes x NumberOfFrames. */
  readonly maxBytes?: number;
  /** How many frames are decoded at once. */
  readonly processes?: number;
  /** Another child program; for tests of crashes and hangs. */
  readonly childPath?: string;
}

export interface FrameRequest extends PixelSource {
  /** From 0; the first without it. */
  readonly frame?: number;
}

export interface PixelDecoder extends AsyncDisposable {
  /**
   * Decodes one frame of an object in a process of its own, which is killed when it hangs or takes too much memory and
   * replaced when it dies; only that frame fails then, a crash after one more try. Give a path rather than bytes where
   * there is one: only the header and the frame are read of it.
   * @throws RadTriageError PIXELS_MISSING, PIXELS_TOO_LARGE, PIXELS_UNDECODABLE (also for a crash, a hang, or memory),
   *   DICOM_UNSUPPORTED, NOT_FOUND (no such frame), STORAGE_FAILED, DICOM_TRUNCATED, DICOM_STRUCTURE
   */
  decode(request: FrameRequest): Promise<DecodedFrame>;
  /** Process ids of the children alive. */
  processIds(): readonly number[];
  /** Kills the processes; what was not decoded yet fails. */
  close(): Promise<void>;
}

const CHILD_PATH = fileURLToPath(new URL('./decoder-child.ts', import.meta.url));

export function createPixelDecoder(options: PixelDecoderOptions = {}): PixelDecoder {
  return new ChildDecoder(options);
}

class ChildDecoder implements PixelDecoder {
  readonly #timeoutMs: number;
  readonly #limits: PixelLimits;
  /** One a process. */
  readonly #arenas: readonly SharedArena[];
  readonly #pool: ChildPool<DecodeReply>;

  constructor(options: PixelDecoderOptions) {
    this.#timeoutMs = options.timeoutMs ?? DECODER_TIMEOUT_MS;
    this.#limits = {
      maxPixels: options.maxPixels ?? DEFAULT_LIMITS.maxPixels,
      maxBytes: options.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    };
    const path = options.childPath ?? CHILD_PATH;
    const parse = (message: unknown) => decodeReplySchema.parse(message);
    this.#arenas = Array.from({ length: options.processes ?? 1 }, () => new SharedArena());
    this.#pool = new ChildPool(
      this.#arenas.map((arena) => decoderProgram({ path, parse }, arena, options)),
    );
  }

  async decode({ frame = 0, ...source }: FrameRequest): Promise<DecodedFrame> {
    const message = { source, frame, limits: this.#limits };
    try {
      return await this.#pool.use((slot) => this.#decodeIn(slot, message));
    } catch (error) {
      throw asDecodingError(error, this.#timeoutMs);
    }
  }

  processIds(): readonly number[] {
    return this.#pool.processIds();
  }

  async close(): Promise<void> {
    await this.#pool.close();
    for (const arena of this.#arenas) arena.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #decodeIn(slot: ChildSlot<DecodeReply>, message: object): Promise<DecodedFrame> {
    const { outcome, spent } = await requestTwice(slot, message, {
      timeoutMs: this.#timeoutMs,
    });
    if (spent) slot.discard();
    if (outcome.kind === 'failed') {
      const { code, message: text, details } = outcome;
      throw new RadTriageError(code, text, { details });
    }
    const arena = this.#arenas[this.#pool.slots.indexOf(slot)];
    if (arena === undefined) throw new RadTriageError('INTERNAL', 'a decoder without memory');
    const region = arena.reserve(sampleBytes(outcome.frame));
    try {
      return withSamples(outcome.frame, await readRegion(region));
    } finally {
      arena.release(region);
    }
  }
}
