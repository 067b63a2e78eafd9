import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { RadTriageError } from '#core/errors.ts';
import { ReusedCopy } from '#core/reused-copy.ts';
import { asStorageError } from '../storage-errors.ts';
import type { DirectTail } from './direct-tail.ts';
import type { JournalDisk } from './disk.ts';
import type { HashChoice, ObjectHash } from './object-hash.ts';
import { type KeptRecord, writeRecord } from './record-block.ts';
import type { Reserve, Slot } from './reserve.ts';
import { BLOCK_BYTES, SLAB_BYTES, type Slab, type SlabPool, wholeBlocks } from './slabs.ts';

export interface JournalParts {
  readonly disk: JournalDisk;
  readonly slabs: SlabPool;
  readonly hashes: HashChoice;
  readonly tail: DirectTail;
  readonly reserve: Reserve;
}

export interface NewObject {
  /** Where it belongs, below the root of the store. */
  readonly path: string;
  /** Preamble and file meta, kept before the data set and not hashed; at most one slab. */
  readonly header: Buffer;
  readonly sopClassUid: string;
}

/** An object that the journal answers for; `settle` of the journal moves it to its place. */
export interface JournalEntry {
  readonly record: KeptRecord;
  readonly slot: Slot;
}

/** Slabs of one object that may be under way at once, so that one fast sender leaves some to the others. */
const MAX_IN_FLIGHT = 4;

/**
 * Writes one object into a slot of the journal: slab after slab past the page cache, hashed on the way, and at the end
 * one record behind it and one flush for both.
 */
export class JournalWriter {
  readonly #parts: JournalParts;
  readonly #path: string;
  readonly #header: Buffer;
  readonly #sopClassUid: string;
  readonly #hash: ObjectHash;
  #slab: Slab | undefined;
  /** Bytes in the present slab, and where its hashing begins. */
  #filled = 0;
  #hashFrom = 0;
  /** Position of the present slab in the file. */
  #position = 0;
  #slot: Slot | Promise<Slot> | undefined;
  readonly #underWay = new Set<Promise<void>>();
  readonly #rest = new ReusedCopy();
  #failure: unknown;
  #over = false;

  constructor(parts: JournalParts, object: NewObject) {
    this.#parts = parts;
    this.#path = object.path;
    this.#header = object.header;
    this.#sopClassUid = object.sopClassUid;
    this.#hash = parts.hashes.open(object.sopClassUid);
    parts.tail.enter();
  }

  /** Takes a copy of the chunk. Await the promise before the next call. @throws STORAGE_FULL, STORAGE_FAILED */
  write(chunk: Buffer): void | Promise<void> {
    if (this.#failure !== undefined) throw asStorageError(this.#failure);
    const taken = this.#fill(chunk, 0);
    // What has to wait is ours to keep: the caller's bytes are good only until we return.
    return taken === chunk.length
      ? undefined
      : this.#fillLater(this.#rest.of(chunk.subarray(taken)));
  }

  /**
   * Resolves when bytes and record are on disk.
   * @throws RadTriageError STORAGE_FULL, STORAGE_FAILED; nothing is then kept
   */
  async finish(receivedAt: Date): Promise<JournalEntry> {
    try {
      if (this.#slab === undefined) await this.#waitForRoom();
      const slab = this.#slab;
      if (slab === undefined) throw this.#failure;
      const fileBytes = this.#position + this.#filled;
      const piece = { slab, from: this.#hashFrom, to: this.#filled };
      const hashed = this.#hash.finish(piece);
      const sha256 = typeof hashed === 'string' ? hashed : await hashed;
      const slot = await this.#takeSlot();
      const record: KeptRecord = {
        slot: basename(slot.path),
        path: this.#path,
        fileBytes,
        dataSetOffset: this.#header.length,
        headerCrc32: crc32(this.#header),
        sha256,
        receivedAt: receivedAt.toISOString(),
      };
      // Before the last flush: what it is to make durable has to have reached the disk.
      if (this.#underWay.size > 0) await Promise.all(this.#underWay);
      if (this.#failure !== undefined) throw this.#failure;
      await this.#writeEnd(slot, slab, record);
      this.#over = true;
      this.#parts.tail.leave();
      this.#parts.hashes.learn(this.#sopClassUid, fileBytes);
      return { record, slot };
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
  }

  /** Leaves nothing behind. Harmless after anything. */
  async abort(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#failure ??= new RadTriageError('STORAGE_FAILED', 'the object was given up');
    const { slabs, reserve, tail } = this.#parts;
    tail.leave();
    this.#hash.drop();
    await Promise.all(this.#underWay);
    if (this.#slab !== undefined) slabs.giveBack(this.#slab);
    this.#slab = undefined;
    const slot = await Promise.resolve(this.#slot).catch(() => undefined);
    if (slot !== undefined) await reserve.discard(slot);
  }

  #begin(slab: Slab | undefined): Slab | undefined {
    if (slab === undefined) return undefined;
    this.#slab = slab;
    this.#filled = 0;
    this.#hashFrom = 0;
    if (this.#position === 0) {
      this.#filled = this.#header.copy(slab.bytes);
      this.#hashFrom = this.#filled;
    }
    return slab;
  }

  /** Takes as much of the chunk as can be taken without waiting. @returns how far it came */
  #fill(chunk: Buffer, start: number): number {
    let from = start;
    while (from < chunk.length) {
      if (this.#filled === SLAB_BYTES && !this.#sendFull()) return from;
      const slab = this.#slab ?? this.#begin(this.#parts.slabs.take());
      if (slab === undefined) return from;
      const taken = chunk.copy(slab.bytes, this.#filled, from);
      this.#filled += taken;
      from += taken;
    }
    return from;
  }

  async #fillLater(chunk: Buffer): Promise<void> {
    try {
      for (let from = 0; from < chunk.length; from = this.#fill(chunk, from)) {
        await this.#waitForRoom();
        if (this.#failure !== undefined) throw this.#failure;
      }
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
  }

  async #waitForRoom(): Promise<void> {
    if (this.#slab === undefined) {
      const slab = await this.#parts.slabs.wait();
      if (this.#over) this.#parts.slabs.giveBack(slab);
      else this.#begin(slab);
    } else if (this.#underWay.size >= MAX_IN_FLIGHT) {
      await Promise.race(this.#underWay);
    } else {
      await this.#takeSlot();
    }
  }

  async #takeSlot(): Promise<Slot> {
    this.#slot ??= this.#parts.reserve.take();
    this.#slot = await this.#slot;
    return this.#slot;
  }

  /** @returns false when it has to wait: for a slot, or because too much is under way already */
  #sendFull(): boolean {
    const slab = this.#slab;
    if (slab === undefined) return true;
    if (this.#underWay.size >= MAX_IN_FLIGHT) return false;
    this.#slot ??= this.#parts.reserve.take();
    if (this.#slot instanceof Promise) return false;
    this.#send(this.#slot, slab);
    return true;
  }

  /** Sends a full slab on its way to the disk and to the hash; it is free once both are done with it. */
  #send(slot: Slot, slab: Slab): void {
    const { disk, slabs } = this.#parts;
    // Both have to be done with the memory, whatever becomes of either, before another object may use it.
    const done = Promise.allSettled([
      disk.write(slot.fd, slab.bytes, this.#position),
      this.#hash.update({ slab, from: this.#hashFrom, to: SLAB_BYTES }),
    ]).then((results) => {
      for (const result of results) {
        if (result.status === 'rejected') this.#failure ??= result.reason;
      }
      slabs.giveBack(slab);
      this.#underWay.delete(done);
    });
    this.#underWay.add(done);
    this.#position += SLAB_BYTES;
    this.#slab = undefined;
    this.#filled = 0;
  }

  /** The rest of the bytes, padded to whole blocks, and the record behind them; then the flush that makes all durable. */
  async #writeEnd(slot: Slot, slab: Slab, record: KeptRecord): Promise<void> {
    const { disk } = this.#parts;
    const padded = wholeBlocks(this.#filled);
    slab.bytes.fill(0, this.#filled, padded);
    if (padded + BLOCK_BYTES <= SLAB_BYTES) {
      writeRecord(record, slab.bytes.subarray(padded));
      await this.#writeLast(slot, slab.bytes.subarray(0, padded + BLOCK_BYTES), this.#position);
    } else {
      await disk.write(slot.fd, slab.bytes.subarray(0, padded), this.#position);
      writeRecord(record, slab.bytes);
      await this.#writeLast(slot, slab.bytes.subarray(0, BLOCK_BYTES), this.#position + padded);
    }
    this.#parts.slabs.giveBack(slab);
    this.#slab = undefined;
  }

  #writeLast(slot: Slot, bytes: Buffer, position: number): Promise<void> | undefined {
    const { disk, tail } = this.#parts;
    if (tail.allowed && disk.writeAndSyncNow !== undefined) {
      tail.run(() => disk.writeAndSyncNow?.(slot.fd, bytes, position));
      return undefined;
    }
    return disk.write(slot.fd, bytes, position).then(() => disk.syncFile(slot.fd));
  }
}
