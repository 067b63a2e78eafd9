import { close, open } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { asStorageError } from '../storage-errors.ts';
import { REAL_DISK } from './disk.ts';
import { type JournalEntry, JournalWriter } from './journal-writer.ts';
import { ownJournal } from './owner.ts';
import { type RecoveryPlace, type RecoveryReport, recoverJournal, SLOT_SUFFIX } from './recover.ts';
import { Reserve, SLOT_BYTES } from './reserve.ts';
import { SlabPool } from './slabs.ts';

export type { JournalEntry } from './journal-writer.ts';

export interface JournalOptions extends RecoveryPlace {
  /** A new path for an instance, and a new name of a file. */
  readonly createPath: () => string;
  readonly createId: () => string;
  /** Objects received at once: each holds a slab, and a fast one several. */
  readonly maxObjects: number;
  /** Room on disk for files made ready ahead of time, bytes. */
  readonly reserveBytes: number;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Where instances are kept first: one write past the page cache and one flush make an object durable and recorded.
 * Afterwards, many at a time, they are moved to their place as plain files, and only then does the index name them.
 */
export interface Journal {
  readonly recovery: RecoveryReport;
  /** @param header preamble and file meta */
  createWriter(header: Buffer): JournalWriter;
  /** Moves objects to their places, whole and for good. Safe to call again for the same. @throws STORAGE_ codes */
  settle(entries: readonly JournalEntry[]): Promise<void>;
  /** Gives up an object that nobody was told of. */
  drop(entry: JournalEntry): Promise<void>;
  /** Slots ready for a burst. */
  readonly ready: number;
  close(): Promise<void>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
/** Beyond one a writer: for fast senders, which fill the next while the last is on its way. */
const SPARE_SLABS = 16;
const MAX_SLABS = 128;

/** How far an entry has come, when the syncs after that failed and are tried again. */
const stages = new WeakMap<JournalEntry, 'named' | 'settled'>();

/**
 * Moves objects to their places. The record behind an object's bytes is what vouches for it while its name may still
 * be lost with the power: it is cut off only once the name is on disk.
 */
async function settleEntries(
  entries: readonly JournalEntry[],
  options: JournalOptions,
): Promise<void> {
  const disk = options.disk ?? REAL_DISK;
  const open = entries.filter((entry) => stages.get(entry) !== 'settled');
  const name = async (entry: JournalEntry): Promise<void> => {
    if (stages.has(entry)) return;
    const { path } = entry.record;
    await options.ensureFolder(dirname(path));
    await disk.rename(entry.slot.path, join(options.root, path));
    stages.set(entry, 'named');
  };
  await Promise.all(open.map(name));
  const folders = new Set(open.map(({ record }) => dirname(record.path)));
  await Promise.all([...folders].map((folder) => options.syncFolder(folder)));
  await Promise.all(open.map(({ slot, record }) => disk.truncate(slot.fd, record.fileBytes)));
  await Promise.all(open.map(({ slot }) => disk.syncFile(slot.fd)));
  for (const entry of open) stages.set(entry, 'settled');
  // All is on disk: what closing says has no bearing on it.
  await Promise.all(open.map(({ slot }) => disk.close(slot.fd).catch(() => undefined)));
}

/** @throws RadTriageError DATA_FOLDER_UNUSABLE, STORAGE_FULL, STORAGE_FAILED */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const disk = options.disk ?? REAL_DISK;
  const owner = await ownJournal(options.directory);
  const recovery = await recoverJournal(options);
  const directoryFd = await openFile(options.directory, 'r');
  const slabs = new SlabPool(Math.min(options.maxObjects + SPARE_SLABS, MAX_SLABS) + 1);
  const zeros = slabs.take() ?? Buffer.alloc(SLOT_BYTES);
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
  const parts = { disk, slabs, reserve };
  return {
    recovery,
    get ready() {
      return reserve.ready;
    },
    createWriter: (header) => new JournalWriter(parts, { path: options.createPath(), header }),
    settle: async (entries) => {
      try {
        await settleEntries(entries, options);
      } catch (error) {
        throw asStorageError(error);
      }
    },
    drop: ({ slot }) => reserve.discard(slot),
    close: async () => {
      await reserve.close();
      await closeFile(directoryFd);
      await owner.release();
    },
  };
}
