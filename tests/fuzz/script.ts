/**
 * The decisions behind one fuzz case, drawn from bytes. The same bytes make the same case; fewer bytes make a simpler
 * one, because a script that has run out answers 0. So fast-check can shrink any case without knowing what it builds.
 */
export class Script {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number {
    if (bound <= 1) return 0;
    let value = this.#byte();
    if (bound > 0x100) value = value * 0x100 + this.#byte();
    if (bound > 0x10000) value = (value * 0x100 + this.#byte()) * 0x100 + this.#byte();
    return value % bound;
  }

  /** True in about `percent` of 100 cases, never once the script has run out. */
  chance(percent: number): boolean {
    return this.below(100) >= 100 - percent;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) bytes[index] = this.#byte();
    return bytes;
  }

  /** A script of its own made of the next bytes, for decisions that must not run short because others were many. */
  fork(length: number): Script {
    const start = this.#at;
    this.#at += length;
    return new Script(this.#bytes.subarray(start, this.#at));
  }

  #byte(): number {
    const value = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return value;
  }
}
