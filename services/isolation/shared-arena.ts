import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, statfsSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A part of an arena, in bytes. Whoever reserved it gives it back with `release`. */
export interface SharedRegion {
  readonly arena: SharedArena;
  readonly offset: number;
  readonly bytes: number;
}

const SHARED_MEMORY = '/dev/shm';
/** Docker gives a container 64 MB of it unless told otherwise: too little for a look-ahead over large tensors. */
const LEAST_FREE_BYTES = 512 * 2 ** 20;
const ALIGNMENT = 4096;
/** An arena that is empty and has grown beyond this gives the rest of its memory back. */
const KEPT_BYTES = 64 * 2 ** 20;
/** So much at a time: the kernel frees some 10 MB a millisecond, and the event loop waits for it. */
const TRIM_BYTES = 16 * 2 ** 20;

function folderInMemory(): string {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return bavail * bsize >= LEAST_FREE_BYTES ? SHARED_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

function openUnnamedFile(): number {
  const path = join(folderInMemory(), `radtriage-${randomBytes(8).toString('hex')}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return descriptor;
}

/**
 * Bytes that several processes read and write by position: a file without a name, in memory where there is a place
 * for that. It is handed to a child as an open descriptor and is gone with the last process that holds it, however
 * that ends. A message of a megabyte costs each process that it passes through milliseconds; this, a copy.
 */
export class SharedArena {
  readonly descriptor = openUnnamedFile();
  /** In order of their offsets. */
  readonly #regions: SharedRegion[] = [];
  #written = 0;
  #closed = false;
  #trimming = false;

  /**
   * A place for `bytes` bytes: the first gap that is large enough, or behind everything else. How much it will be may
   * be left open (Infinity) until `shorten`; nothing else may be reserved before that.
   */
  reserve(bytes: number): SharedRegion {
    let offset = 0;
    let position = 0;
    for (const region of this.#regions) {
      if (region.offset - offset >= bytes) break;
      offset = alignUp(region.offset + region.bytes);
      position += 1;
    }
    return this.#take(position, { arena: this, offset, bytes });
  }

  /** The beginning of a region; the rest is given back. */
  shorten(region: SharedRegion, bytes: number): SharedRegion {
    const position = this.#regions.indexOf(region);
    if (position < 0 || bytes > region.bytes) throw new RangeError('no such region to shorten');
    this.#regions.splice(position, 1);
    return this.#take(position, { ...region, bytes });
  }

  release(region: SharedRegion): void {
    const position = this.#regions.indexOf(region);
    if (position >= 0) this.#regions.splice(position, 1);
    this.#trimSoon();
  }

  #trimSoon(): void {
    if (this.#trimming || this.#regions.length > 0 || this.#written <= KEPT_BYTES) return;
    this.#trimming = true;
    setImmediate(() => {
      this.#trimming = false;
      this.#trim();
    });
  }

  /** One step, in one go: whoever reserves between two steps gets a place that no step touches. */
  #trim(): void {
    if (this.#closed || this.#regions.length > 0) return;
    this.#written = Math.max(KEPT_BYTES, this.#written - TRIM_BYTES);
    ftruncateSync(this.descriptor, this.#written);
    this.#trimSoon();
  }

  #take(position: number, region: SharedRegion): SharedRegion {
    this.#regions.splice(position, 0, region);
    const end = region.offset + region.bytes;
    if (Number.isFinite(end)) this.#written = Math.max(this.#written, end);
    return region;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.descriptor);
  }
}

function alignUp(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
