/** What one write to disk holds at most, and the unit that memory is budgeted in. A multiple of 4 KB. */
export const SLAB_BYTES = 256 * 1024;
/** Addresses, offsets and lengths of writes past the page cache are multiples of this. */
export const BLOCK_BYTES = 4096;

export function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

const PAGE_BYTES = 64 * 1024;

/** A piece of aligned memory that an object passes through on its way to the disk. */
export interface Slab {
  /** Where it begins in the memory that the hashing thread shares. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * A fixed stock of aligned memory. Memory of WebAssembly begins on a page, as writes past the page cache demand, and can
 * be shared with a thread. It takes no room before it is first used, and the slab used last is used first.
 */
export class SlabPool {
  readonly memory: WebAssembly.Memory;
  readonly #free: Slab[] = [];
  readonly #waiting: ((slab: Slab) => void)[] = [];

  constructor(count: number) {
    const pages = (count * SLAB_BYTES) / PAGE_BYTES;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    for (let index = count - 1; index >= 0; index -= 1) {
      const offset = index * SLAB_BYTES;
      this.#free.push({ offset, bytes: Buffer.from(this.memory.buffer, offset, SLAB_BYTES) });
    }
  }

  take(): Slab | undefined {
    return this.#free.pop();
  }

  /** For when there was none: resolves with the next one that is given back, first come, first served. */
  wait(): Promise<Slab> {
    const slab = this.take();
    if (slab !== undefined) return Promise.resolve(slab);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(slab: Slab): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }
}
