/**
 * Copies of bytes that have to wait, one at a time, in memory that is used again: a fresh copy each time would be
 * garbage faster than it is collected.
 */
export class ReusedCopy {
  #memory: Buffer | undefined;

  /** A copy that stays as it is until the next call. */
  of(bytes: Buffer): Buffer {
    if (this.#memory === undefined || this.#memory.length < bytes.length) {
      this.#memory = Buffer.allocUnsafeSlow(bytes.length);
    }
    bytes.copy(this.#memory);
    return this.#memory.subarray(0, bytes.length);
  }
}
