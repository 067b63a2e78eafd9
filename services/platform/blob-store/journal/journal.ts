import { close, open } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { asStorageError } from '../storage-errors.ts';
import { type JournalDisk, REAL_DISK } from './disk.ts';
import { Hasher } from './hasher.ts';
import { type JournalEntry, JournalWriter } from './journal-writer.ts';
import { ownJournal } from './owner.ts';
import { type RecoveryPlace, type RecoveryReport, recoverJournal, SLOT_SUFFIX } from './recover.ts';
import { Reserve, SLOT_BYTES } from './reserve.ts';
import { SLAB_BYTES, SlabPool } from './slabs.ts';

export type { JournalEntry } from './journal-writer.ts';

export interface JournalOptions extends RecoveryPlace {
  /** A new path for an instance, and a new name of a file. */
  readonly createPath: () => string;
  readonly createId: () => string;
  /** Objects received at once: each holds a slab of 256 KB, and a fast one several. */
  readonly maxObjects: number;
  /** Room on disk for files made ready ahead of time, bytes. */
  readonly reserveBytes: number;
  readonly onTrouble: (error: unknown) => void;
  readonly disk?: JournalDisk | undefined;
}

/**
 * Where instances are kept first: one write past the page cache and one flush make an object durable and recorded.
 * Afterwards, many at a time, they are moved to their place as plain files, and only then does the index name them.
 */
export interface Journal {
  readonly recovery: RecoveryReport;
  createWriter(header: Buffer): JournalWriter;
  /** Moves objects to their places, whole and for good. Safe to call again for the same. @throws STORAGE_ codes */
  settle(entries: readonly JournalEntry[]): Promise<void>;
  /** Slots ready for a burst. */
  readonly ready: number;
  close(): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
/** Beyond one a writer: for fast senders, which fill the next while the last is on its way. */
const SPARE_SLABS = 16;
const MAX_SLABS = 128;

/** Entries that lie in their place already, when the syncs after that failed and are tried again. */
const moved = new WeakSet<JournalEntry>();

async function moveEntry(entry: JournalEntry, place: JournalOptions): Promise<void> {
  if (moved.has(entry)) return;
  const disk = place.disk ?? REAL_DISK;
  await disk.truncate(entry.slot.fd, entry.fileBytes);
  await place.ensureFolder(dirname(entry.path));
  await disk.rename(entry.slot.path, join(place.root, entry.path));
  moved.add(entry);
}

/** @throws RadTriageError DATA_FOLDER_UNUSABLE, STORAGE_FULL, STORAGE_FAILED */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const disk = options.disk ?? REAL_DISK;
  const owner = await ownJournal(options.directory);
  const recovery = await recoverJournal(options);
  const directoryFd = await openFile(options.directory, 'r');
  const slabs = new SlabPool(Math.min(options.maxObjects + SPARE_SLABS, MAX_SLABS) + 1);
  const zeros = slabs.take()?.bytes ?? Buffer.alloc(SLAB_BYTES);
  const hasher = new Hasher(slabs.memory);
  const reserve = new Reserve(
    {
      directory: options.directory,
      directoryFd,
      disk,
      maxSlots: Math.floor(options.reserveBytes / SLOT_BYTES),
      createName: () => `${options.createId()}${SLOT_SUFFIX}`,
      onTrouble: options.onTrouble,
    },
    zeros,
  );
  const parts = { disk, slabs, hasher, reserve };
  return {
    recovery,
    get ready() {
      return reserve.ready;
    },
    createWriter: (header) => new JournalWriter(parts, options.createPath(), header),
    settle: async (entries) => {
      try {
        await Promise.all(entries.map((entry) => moveEntry(entry, options)));
        const folders = new Set(entries.map(({ path }) => dirname(path)));
        await Promise.all([...folders].map((folder) => options.syncFolder(folder)));
        await Promise.all(entries.map(({ slot }) => disk.syncFile(slot.fd)));
      } catch (error) {
        throw asStorageError(error);
      }
      await Promise.all(entries.map(({ slot }) => disk.close(slot.fd)));
    },
    close: async () => {
      await reserve.close();
      await hasher.close();
      await closeFile(directoryFd);
      await owner.release();
    },
  };
}
