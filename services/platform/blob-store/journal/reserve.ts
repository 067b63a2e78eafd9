import { join } from 'node:path';
import type { JournalDisk } from './disk.ts';
import { SLAB_BYTES } from './slabs.ts';

/** A file of the journal that one object is written into. */
export interface Slot {
  readonly fd: number;
  readonly path: string;
}

export interface ReserveOptions {
  /** Folder of the journal, and an open handle of it. */
  readonly directory: string;
  readonly directoryFd: number;
  readonly disk: JournalDisk;
  /** Slots kept ready at most. */
  readonly maxSlots: number;
  readonly createName: () => string;
  /** Told when no slot can be made ready, once, until one can. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Files written with zeros and synced ahead of time: writing over them later changes nothing but their bytes, so that
 * one flush makes an object durable. Blocks that are first allocated while a sender waits cost twice that.
 * An object that is longer than one slab makes its file grow.
 */
export const SLOT_BYTES = SLAB_BYTES;
const FIRST_TARGET = 32;
/** Made durable together. */
const BATCH = 16;
/** No refill while objects come in, unless hardly any slot is left: senders go first. */
const CALM_MS = 25;
const RETRY_MS = 5_000;

export class Reserve {
  readonly #options: ReserveOptions;
  readonly #ready: Slot[] = [];
  readonly #zeros: Buffer;
  #target: number;
  #lastTaken = 0;
  #timer: NodeJS.Timeout | undefined;
  #filling: Promise<void> | undefined;
  #closed = false;
  #troubled = false;

  /** @param zeros SLOT_BYTES of aligned memory, all zero */
  constructor(options: ReserveOptions, zeros: Buffer) {
    this.#options = options;
    this.#zeros = zeros;
    this.#target = Math.min(FIRST_TARGET, options.maxSlots);
    this.#schedule(0);
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** A slot whose blocks are on disk already, or one that is new: slower, and as durable once synced. */
  take(): Slot | Promise<Slot> {
    this.#lastTaken = performance.now();
    const slot = this.#ready.pop();
    if (this.#ready.length < this.#target / 4) {
      // A burst that nearly empties the stock will come again: the next one finds four times as much.
      this.#target = Math.min(this.#target * 4, this.#options.maxSlots);
    }
    this.#schedule(CALM_MS);
    return slot ?? this.#create();
  }

  /** Closes and removes a slot that holds nothing worth keeping. */
  async discard(slot: Slot): Promise<void> {
    await this.#options.disk.close(slot.fd).catch(() => undefined);
    await this.#options.disk.remove(slot.path).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#filling;
    await Promise.all(this.#ready.splice(0).map((slot) => this.discard(slot)));
  }

  /** Its name has to be made durable before anything in it is answered for. */
  async #create(): Promise<Slot> {
    const slot = await this.#open();
    try {
      await this.#options.disk.syncDirectory(this.#options.directoryFd);
      return slot;
    } catch (error) {
      await this.discard(slot);
      throw error;
    }
  }

  async #open(): Promise<Slot> {
    const { disk, directory, createName } = this.#options;
    const path = join(directory, createName());
    return { path, fd: await disk.create(path) };
  }

  #schedule(delay: number): void {
    if (this.#closed || this.#filling !== undefined || this.#timer !== undefined) return;
    if (this.#ready.length >= this.#target) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const calm = performance.now() - this.#lastTaken >= CALM_MS;
      if (!calm && this.#ready.length > this.#target / 8) {
        this.#schedule(CALM_MS);
        return;
      }
      this.#filling = this.#fill().then((again) => {
        this.#filling = undefined;
        this.#schedule(again);
      });
    }, delay);
    this.#timer.unref();
  }

  /** @returns milliseconds until the next batch */
  async #fill(): Promise<number> {
    const batch: Slot[] = [];
    const wanted = Math.min(BATCH, this.#target - this.#ready.length);
    try {
      for (let made = 0; made < wanted; made += 1) batch.push(await this.#open());
      for (const slot of batch) await this.#zero(slot);
      await this.#options.disk.syncDirectory(this.#options.directoryFd);
    } catch (error) {
      if (!this.#troubled) this.#options.onTrouble(error);
      this.#troubled = true;
      for (const slot of batch) await this.discard(slot);
      return RETRY_MS;
    }
    this.#troubled = false;
    this.#ready.push(...batch);
    return 0;
  }

  async #zero(slot: Slot): Promise<void> {
    const { disk } = this.#options;
    await disk.write(slot.fd, this.#zeros, 0);
    await disk.syncFile(slot.fd);
  }
}
