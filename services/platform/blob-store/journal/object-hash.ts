import { createHash, type Hash } from 'node:crypto';
import type { Hasher } from './hasher.ts';
import type { Slab } from './slabs.ts';

interface Piece {
  readonly slab: Slab;
  /** Bytes of the slab: from, up to. */
  readonly from: number;
  readonly to: number;
}

/** SHA-256 of one object, piece by piece in order. */
export interface ObjectHash {
  /** A promise means that the memory is still being read until it settles. */
  update(piece: Piece): Promise<unknown> | undefined;
  /** The last piece. @returns lower-case hex */
  finish(piece: Piece): Promise<string> | string;
  drop(): void;
}

/** On the thread that receives: for objects of usual size, where two changes of threads cost more than the hash. */
class HashHere implements ObjectHash {
  readonly #hash: Hash = createHash('sha256');

  update({ slab, from, to }: Piece): undefined {
    this.#hash.update(slab.bytes.subarray(from, to));
  }

  finish(piece: Piece): string {
    this.update(piece);
    return this.#hash.digest('hex');
  }

  drop(): void {}
}

/** On a thread of its own, while the next pieces come in: for large objects, where the hash would be half of the work. */
class HashBeside implements ObjectHash {
  readonly #hasher: Hasher;
  readonly #stream: number;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    this.#stream = hasher.open();
  }

  update(piece: Piece): Promise<unknown> {
    return this.#send(piece, false);
  }

  async finish(piece: Piece): Promise<string> {
    return (await this.#send(piece, true)) ?? '';
  }

  drop(): void {
    this.#hasher.drop(this.#stream);
  }

  #send({ slab, from, to }: Piece, last: boolean): Promise<string | undefined> {
    return this.#hasher.update(this.#stream, {
      offset: slab.offset + from,
      length: to - from,
      last,
    });
  }
}

/** From this size on the thread is worth its messages. */
const LARGE_BYTES = 2 * 1024 * 1024;

/**
 * Chooses where an object is hashed. Its size is not known before its end, so it is taken to be that of the last object
 * of its SOP class: a wrong guess costs speed and nothing else.
 */
export class HashChoice {
  readonly #startHasher: () => Hasher;
  readonly #lastBytes = new Map<string, number>();
  #hasher: Hasher | undefined;

  constructor(startHasher: () => Hasher) {
    this.#startHasher = startHasher;
  }

  open(sopClassUid: string): ObjectHash {
    if ((this.#lastBytes.get(sopClassUid) ?? 0) < LARGE_BYTES) return new HashHere();
    this.#hasher ??= this.#startHasher();
    return new HashBeside(this.#hasher);
  }

  /** There are as many entries as storage SOP classes that are let in. */
  learn(sopClassUid: string, fileBytes: number): void {
    this.#lastBytes.set(sopClassUid, fileBytes);
  }

  async close(): Promise<void> {
    await this.#hasher?.close();
  }
}
