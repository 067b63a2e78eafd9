import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { isAlive } from '../processes/is-alive.ts';
import { type BlobWriter, FileBlobWriter } from './blob-writer.ts';
import { DurableDirectories } from './durable-directories.ts';
import type { JournalDisk } from './journal/disk.ts';
import { type Journal, openJournal } from './journal/journal.ts';
import { trimKept } from './journal/recover.ts';
import { asStorageError } from './storage-errors.ts';
import { type BlobSyncs, DURABLE_SYNCS } from './syncs.ts';

export type { BlobWriter } from './blob-writer.ts';
export type { Journal, JournalEntry } from './journal/journal.ts';
export type { BlobSyncs } from './syncs.ts';
export { DURABLE_SYNCS } from './syncs.ts';

interface BlobKind {
  /** First folder of the path. */
  readonly folder: string;
  /** With the dot. */
  readonly extension: string;
}

/** DICOM files that an administrator can find by day of receipt and copy. */
const INSTANCE: BlobKind = { folder: 'instances', extension: '.dcm' };

export interface BlobStore {
  /** A new file `<folder>/2026/11/23/<id><extension>`, by day of receipt in UTC; DICOM instances without `kind`. */
  createBlob(kind?: BlobKind): BlobWriter;
  /** @throws RadTriageError NOT_FOUND, STORAGE_FAILED */
  readBlob(path: string): Promise<Buffer>;
  /** `length` bytes from `offset`, fewer at the end. @throws RadTriageError NOT_FOUND, STORAGE_FAILED */
  readRange(path: string, offset: number, length: number): Promise<Buffer>;
  sizeOf(path: string): Promise<number>;
  /** The file itself, for programs that read it on their own. */
  locate(path: string): string;
  removeBlob(path: string): Promise<void>;
  /** Cuts off what the journal had put behind a file, where the process died before it could. */
  trimBlob(path: string): Promise<void>;
  /** Paths of all whole files below a folder, newest day first, with the time of their last change. */
  listBlobs(folder: string): AsyncIterable<{ path: string; changedAt: Date }>;
  /** The fast way in, for the one process that receives. @throws RadTriageError DATA_FOLDER_UNUSABLE, STORAGE_ codes */
  openJournal(options: JournalSettings): Promise<Journal>;
  /** Half files of processes that died, removed at the start: none of them was ever acknowledged. */
  readonly removedAtStart: number;
  close(): Promise<void>;
}

export interface JournalSettings {
  /** Objects received at once. */
  readonly maxObjects: number;
  /** Room on disk for files made ready ahead of time, bytes. */
  readonly reserveBytes: number;
  /** Told when no room can be made ready. */
  readonly onTrouble: (error: unknown) => void;
  readonly disk?: JournalDisk | undefined;
}

const INCOMING = 'incoming';
const JOURNAL = 'journal';
const PATH_PATTERN = /^[a-z]+\/\d{4}\/\d\d\/\d\d\/[0-9a-z]+\.[a-z0-9]+$/;
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

/** Tells this process from every other that writes into the same store. */
const ofThisProcess = randomBytes(8).toString('hex');
let lastNumber = 0;

/** Sorts by time, tells nothing of the content, and is never used twice. */
function createId(now: number): string {
  lastNumber += 1;
  const number = lastNumber.toString(36).padStart(6, '0');
  return now.toString(36).padStart(9, '0') + ofThisProcess + number;
}

function createPath(kind: BlobKind): string {
  const now = new Date();
  const day = now.toISOString().slice(0, 10).replaceAll('-', '/');
  return `${kind.folder}/${day}/${createId(now.getTime())}${kind.extension}`;
}

/** Removes half files whose process is gone; those of another machine once they have been still for a day. */
async function removeHalfFiles(root: string): Promise<number> {
  const own = hostname();
  let removed = 0;
  for (const name of await readdir(join(root, INCOMING))) {
    const path = join(root, INCOMING, name);
    const [, pid = '', host = ''] = name.split('~');
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    const dead = host === own && !isAlive(Number(pid));
    if (!dead && Date.now() - mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

/** Day by day, so that an archive of millions is never held at once. */
async function* walk(
  root: string,
  relative: string,
): AsyncIterable<{ path: string; changedAt: Date }> {
  const entries = await readdir(join(root, relative), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? 1 : -1));
  for (const entry of entries) {
    const path = `${relative}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else if (PATH_PATTERN.test(path))
      yield { path, changedAt: (await stat(join(root, path))).mtime };
  }
}

/** @throws RadTriageError NOT_FOUND, STORAGE_ codes */
async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new RadTriageError('NOT_FOUND', 'the file is not in the image store', { cause: error });
    }
    throw asStorageError(error);
  }
}

/** What of these bytes is in the file. */
async function readPart(file: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await handle.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Opens a folder as the store of all images. Every path in it is an internal id.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE
 */
export async function openBlobStore(options: {
  directory: string;
  syncs?: BlobSyncs | undefined;
}): Promise<BlobStore> {
  const root = options.directory;
  const syncs = options.syncs ?? DURABLE_SYNCS;
  const directories = new DurableDirectories(root, syncs);
  let removedAtStart = 0;
  try {
    await directories.ensureRoot();
    await chmod(root, 0o700);
    await directories.ensure(INCOMING);
    removedAtStart = await removeHalfFiles(root);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RadTriageError('DATA_FOLDER_UNUSABLE', `image store: ${why}`, { cause });
  }
  const locate = (path: string): string => {
    if (!PATH_PATTERN.test(path)) throw new RadTriageError('NOT_FOUND', 'no such path');
    return join(root, path);
  };
  return {
    removedAtStart,
    locate,
    createBlob: (kind = INSTANCE) => {
      const path = createPath(kind);
      const incoming = join(
        INCOMING,
        `${basename(path, kind.extension)}~${process.pid}~${hostname()}`,
      );
      return new FileBlobWriter({ root, incoming, path, directories, syncs });
    },
    readBlob: (path) => reading(() => readFile(locate(path))),
    readRange: (path, offset, length) => reading(() => readPart(locate(path), offset, length)),
    sizeOf: (path) => reading(async () => (await stat(locate(path))).size),
    removeBlob: async (path) => {
      await rm(locate(path), { force: true });
    },
    trimBlob: async (path) => {
      locate(path);
      await trimKept(root, path);
    },
    listBlobs: async function* (folder) {
      if (existsSync(join(root, folder))) yield* walk(root, folder);
    },
    openJournal: async (settings) => {
      await directories.ensure(JOURNAL);
      return openJournal({
        ...settings,
        root,
        directory: join(root, JOURNAL),
        ensureFolder: (folder) => directories.ensure(folder),
        syncFolder: (folder) => directories.syncNames(folder),
        createPath: () => createPath(INSTANCE),
        createId: () => createId(Date.now()),
      });
    },
    close: () => directories.close(),
  };
}
