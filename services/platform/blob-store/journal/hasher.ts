import { Worker } from 'node:worker_threads';
import { RadTriageError } from '#core/errors.ts';
import type { HashAnswer, HashRequest } from './hash-thread.ts';

interface Stream {
  /** One for each piece under way, in order. */
  readonly waiting: PromiseWithResolvers<string | undefined>[];
  dropped: boolean;
}

const THREAD = new URL('./hash-thread.ts', import.meta.url);
/** It holds nothing but a few hash states. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

/** SHA-256 of byte streams that lie in shared memory, computed beside the thread that receives. */
export class Hasher {
  readonly #memory: WebAssembly.Memory;
  readonly #streams = new Map<number, Stream>();
  #thread: Worker;
  #last = 0;
  #closed = false;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#thread = this.#start();
  }

  open(): number {
    this.#last += 1;
    this.#streams.set(this.#last, { waiting: [], dropped: false });
    return this.#last;
  }

  /**
   * Hashes the next piece of a stream.
   * @returns the digest with the last piece, undefined before; once it settles the memory is free again.
   * @throws RadTriageError STORAGE_FAILED when the thread has died meanwhile; the next stream gets a new one.
   */
  update(
    stream: number,
    piece: { offset: number; length: number; last: boolean },
  ): Promise<string | undefined> {
    const known = this.#streams.get(stream);
    if (known === undefined) return Promise.reject(lost());
    const answer = Promise.withResolvers<string | undefined>();
    known.waiting.push(answer);
    const { offset, length, last } = piece;
    this.#post({ stream, offset, length, next: last ? 'digest' : 'more' });
    return answer.promise;
  }

  /** Forgets a stream; pieces under way still settle. */
  drop(stream: number): void {
    const known = this.#streams.get(stream);
    if (known === undefined) return;
    known.dropped = true;
    if (known.waiting.length === 0) this.#streams.delete(stream);
    this.#post({ stream, offset: 0, length: 0, next: 'drop' });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.terminate();
  }

  #start(): Worker {
    const thread = new Worker(THREAD, { workerData: this.#memory, resourceLimits: THREAD_LIMITS });
    thread.on('message', (answer: HashAnswer) => this.#take(answer));
    // An error is followed by the exit.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      if (this.#closed) return;
      for (const { waiting } of this.#streams.values()) {
        for (const { reject } of waiting) reject(lost());
      }
      this.#streams.clear();
      this.#thread = this.#start();
    });
    thread.unref();
    return thread;
  }

  #post(request: HashRequest): void {
    this.#thread.postMessage(request);
  }

  #take({ stream, sha256 }: HashAnswer): void {
    const known = this.#streams.get(stream);
    if (known === undefined) return;
    known.waiting.shift()?.resolve(sha256);
    const over = sha256 !== undefined || (known.dropped && known.waiting.length === 0);
    if (over) this.#streams.delete(stream);
  }
}

function lost(): RadTriageError {
  return new RadTriageError('STORAGE_FAILED', 'the hashing thread was lost');
}
