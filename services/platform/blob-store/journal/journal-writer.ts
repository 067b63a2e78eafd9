import { createHash, type Hash } from 'node:crypto';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { RadTriageError } from '#core/errors.ts';
import { ReusedCopy } from '#core/reused-copy.ts';
import { asStorageError } from '../storage-errors.ts';
import type { JournalDisk } from './disk.ts';
import { type KeptRecord, writeRecord } from './record-block.ts';
import type { Reserve, Slot } from './reserve.ts';
import { BLOCK_BYTES, SLAB_BYTES, type SlabPool, wholeBlocks } from './slabs.ts';

export interface JournalParts {
  readonly disk: JournalDisk;
  readonly slabs: SlabPool;
  readonly reserve: Reserve;
}

export interface NewObject {
  /** Where it belongs, below the root of the store. */
  readonly path: string;
  /** Preamble and file meta, kept before the data set and not hashed; at most one slab. */
  readonly header: Buffer;
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
  /** Of the data set. On the thread that receives: to hand it to another takes longer than hashing a slice. */
  readonly #hash: Hash = createHash('sha256');
  #slab: Buffer | undefined;
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
      const taken = this.#takeSlot();
      // No turn is given up where none is needed: the caller works on while the disk does.
      const slot = taken instanceof Promise ? await taken : taken;
      this.#hash.update(slab.subarray(this.#hashFrom, this.#filled));
      const record: KeptRecord = {
        slot: basename(slot.path),
        path: this.#path,
        fileBytes: this.#position + this.#filled,
        dataSetOffset: this.#header.length,
        headerCrc32: crc32(this.#header),
        sha256: this.#hash.digest('hex'),
        receivedAt: receivedAt.toISOString(),
      };
      await this.#writeEnd(slot, slab, record);
      await this.#parts.disk.syncFile(slot.fd);
      this.#parts.slabs.giveBack(slab);
      this.#slab = undefined;
      this.#over = true;
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
    const { slabs, reserve } = this.#parts;
    await Promise.all(this.#underWay);
    if (this.#slab !== undefined) slabs.giveBack(this.#slab);
    this.#slab = undefined;
    const slot = await Promise.resolve(this.#slot).catch(() => undefined);
    if (slot !== undefined) await reserve.discard(slot);
  }

  #begin(slab: Buffer | undefined): Buffer | undefined {
    if (slab === undefined) return undefined;
    this.#slab = slab;
    this.#filled = 0;
    this.#hashFrom = 0;
    if (this.#position === 0) {
      this.#filled = this.#header.copy(slab);
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
      const taken = chunk.copy(slab, this.#filled, from);
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

  #takeSlot(): Slot | Promise<Slot> {
    this.#slot ??= this.#parts.reserve.take();
    if (!(this.#slot instanceof Promise)) return this.#slot;
    return this.#slot.then((slot) => {
      this.#slot = slot;
      return slot;
    });
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

  /** Sends a full slab on its way to the disk, and hashes it meanwhile; it is free once it is written. */
  #send(slot: Slot, slab: Buffer): void {
    void this.#write(slot, slab, this.#position).then(() => this.#parts.slabs.giveBack(slab));
    this.#hash.update(slab.subarray(this.#hashFrom));
    this.#position += SLAB_BYTES;
    this.#slab = undefined;
    this.#filled = 0;
  }

  /** Settles when the disk is done with the memory, whether it was written or not. */
  #write(slot: Slot, bytes: Buffer, position: number): Promise<void> {
    const done = this.#parts.disk
      .write(slot.fd, bytes, position)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .then(() => {
        this.#underWay.delete(done);
      });
    this.#underWay.add(done);
    return done;
  }

  /** The rest of the bytes, padded to whole blocks, and the record behind them. */
  async #writeEnd(slot: Slot, slab: Buffer, record: KeptRecord): Promise<void> {
    const padded = wholeBlocks(this.#filled);
    slab.fill(0, this.#filled, padded);
    if (padded + BLOCK_BYTES <= SLAB_BYTES) {
      writeRecord(record, slab.subarray(padded));
      void this.#write(slot, slab.subarray(0, padded + BLOCK_BYTES), this.#position);
    } else {
      await this.#write(slot, slab.subarray(0, padded), this.#position);
      writeRecord(record, slab);
      void this.#write(slot, slab.subarray(0, BLOCK_BYTES), this.#position + padded);
    }
    // Before the flush: what it is to make durable has to have reached the disk.
    if (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure;
  }
}
