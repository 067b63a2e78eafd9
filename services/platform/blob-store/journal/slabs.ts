/**
 * What one write to disk holds at most, and the unit that memory is budgeted in. A 512 x 512 slice of 16 bits fits in with
 * its header and record: two calls handed to other threads, write and flush, keep it. A multiple of 4 KB.
 */
export const SLAB_BYTES = 9 * 64 * 1024;
/** Addresses, offsets and lengths of writes past the page cache are multiples of this. */
export const BLOCK_BYTES = 4096;

export function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

const PAGE_BYTES = 64 * 1024;

/**
 * A fixed stock of aligned memory that objects pass through on their way to the disk. Memory of WebAssembly begins on a
 * page, as writes past the page cache demand. It is not shared with a thread: into shared memory V8 copies 20 times as
 * slowly. It takes no room before it is first used, and the slab used last is used first.
 */
export class SlabPool {
  readonly #free: Buffer[] = [];
  readonly #waiting: ((slab: Buffer) => void)[] = [];

  constructor(count: number) {
    const pages = (count * SLAB_BYTES) / PAGE_BYTES;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    for (let index = count - 1; index >= 0; index -= 1) {
      this.#free.push(Buffer.from(memory.buffer, index * SLAB_BYTES, SLAB_BYTES));
    }
  }

  take(): Buffer | undefined {
    return this.#free.pop();
  }

  /** For when there was none: resolves with the next one that is given back, first come, first served. */
  wait(): Promise<Buffer> {
    const slab = this.take();
    if (slab !== undefined) return Promise.resolve(slab);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(slab: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }
}
