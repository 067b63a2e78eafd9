import { Worker } from 'node:worker_threads';
import { RadTriageError } from '#core/errors.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { ImageResult } from '../postprocess/read-image.ts';
import type { Outputs } from '../postprocess/tensors.ts';
import type { InputPlace } from '../preprocess/place.ts';
import type { ReadReply, ReadRequest } from './output-reader-messages.ts';

/** The parts of one image, as they were prepared and as the network left them. */
export interface RunParts {
  readonly parts: readonly { readonly place: InputPlace }[];
  readonly outputs: readonly Outputs[];
}

/** Makes results of what networks put out: readImage, out of the way of the event loop. */
export interface OutputReader {
  /**
   * @param run its outputs may be moved away: they are not to be used afterwards
   * @throws RadTriageError MODEL_FAILED as readImage does; INTERNAL when the thread ended
   */
  read(manifest: Manifest, run: RunParts): Promise<ImageResult>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: ImageResult): void;
  reject(error: unknown): void;
}

/** One thread, started anew after it has ended. Starting one holds up the event loop for some 20 ms: not amid work. */
class ReaderThread {
  readonly #waiting = new Map<number, Waiting>();
  /** Manifests that the thread knows, by number: each is sent once. */
  #known = new Map<Manifest, number>();
  #worker: Worker | undefined;
  #count = 0;

  constructor() {
    this.#start().unref();
  }

  get load(): number {
    return this.#waiting.size;
  }

  read(manifest: Manifest, { parts, outputs }: RunParts): Promise<ImageResult> {
    const worker = this.#start();
    const known = this.#known.get(manifest);
    const key = known ?? this.#known.size;
    this.#known.set(manifest, key);
    this.#count += 1;
    const id = this.#count;
    const moved: ArrayBuffer[] = [];
    const request: ReadRequest = {
      id,
      key,
      manifest: known === undefined ? manifest : undefined,
      places: parts.map(({ place }) => place),
      outputs: outputs.map((own) => movable(own, moved)),
    };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage(request, moved);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./output-reader-thread.ts', import.meta.url), { env: {} });
    let problem: unknown;
    worker.on('error', (error) => {
      problem = error;
    });
    worker.on('message', (reply: ReadReply) => this.#settle(reply));
    worker.once('exit', () => this.#end(problem));
    this.#worker = worker;
    return worker;
  }

  #settle(reply: ReadReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    // An idle thread does not keep the process alive.
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (reply.kind === 'read') waiting?.resolve(reply.result);
    else waiting?.reject(new RadTriageError(reply.code, reply.message, { details: reply.details }));
  }

  #end(problem: unknown): void {
    this.#worker = undefined;
    this.#known = new Map();
    const error = new RadTriageError('INTERNAL', 'the thread that reads outputs ended', {
      cause: problem,
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/**
 * The outputs with each array in memory of its own, which can change hands without a copy. A view of a larger array,
 * as those of a batch are, is copied first: the others still need theirs.
 */
function movable(outputs: Outputs, moved: ArrayBuffer[]): Outputs {
  const own = Object.entries(outputs).map(([name, { data, dims }]) => {
    const isWhole = data.byteLength === data.buffer.byteLength;
    const values = isWhole ? data : data.slice();
    if (values.buffer instanceof ArrayBuffer) moved.push(values.buffer);
    return [name, { data: values, dims }] as const;
  });
  return Object.fromEntries(own);
}

class ReaderThreads implements OutputReader {
  readonly #threads: readonly ReaderThread[];

  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, () => new ReaderThread());
  }

  read(manifest: Manifest, run: RunParts): Promise<ImageResult> {
    // The first of those with the least to do.
    const least = Math.min(...this.#threads.map(({ load }) => load));
    const thread = this.#threads.find(({ load }) => load === least);
    if (thread === undefined) throw new RadTriageError('INTERNAL', 'no thread reads outputs');
    return thread.read(manifest, run);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** @param threads at most so many images are read at once */
export function createOutputReader(threads: number): OutputReader {
  return new ReaderThreads(threads);
}
