/**
 * Whether the end of an object is written and flushed by the thread that receives. To hand a write or a flush to another
 * thread and to be woken when it is done takes longer than the flush itself on a fast disk; but while this thread waits
 * for the disk, nobody else is served. So: only while one object at a time comes in, and the disk is quick.
 */
export class DirectTail {
  #open = 0;
  #slowUntil = 0;

  /** An object has begun to come in. */
  enter(): void {
    this.#open += 1;
  }

  leave(): void {
    this.#open -= 1;
  }

  get allowed(): boolean {
    return this.#open <= 1 && performance.now() >= this.#slowUntil;
  }

  /** Does the work, and does no more of it for a while when it took long. */
  run(work: () => void): void {
    const start = performance.now();
    try {
      work();
    } finally {
      const now = performance.now();
      if (now - start > SLOW_MS) this.#slowUntil = now + SLOW_FOR_MS;
    }
  }
}

const SLOW_MS = 5;
const SLOW_FOR_MS = 10_000;
