import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type JournalDisk, REAL_DISK } from './disk.ts';
import { type KeptRecord, looksLikeRecord, readRecord } from './record-block.ts';
import { BLOCK_BYTES, SLAB_BYTES, wholeBlocks } from './slabs.ts';

export interface RecoveryReport {
  /** Objects found whole: now in their place, for the index to take up. */
  readonly recovered: readonly KeptRecord[];
  /** Slots without a record: empty, or cut off before anything was answered for. Removed. */
  readonly empty: number;
  /** Slots whose record does not fit their bytes: moved aside, never acknowledged as far as one can tell. */
  readonly quarantined: number;
}

export const SLOT_SUFFIX = '.slot';
/** Below the root: slots that nobody can vouch for. */
export const QUARANTINE = 'quarantine';

export interface RecoveryPlace {
  /** Of the store. */
  readonly root: string;
  /** Of the journal. */
  readonly directory: string;
  /** Makes sure that a folder below the root is there for good. */
  readonly ensureFolder: (relative: string) => Promise<void>;
  readonly syncFolder: (relative: string) => Promise<void>;
  readonly disk?: JournalDisk | undefined;
}

/** Record behind the bytes of a file, or what stands there in its stead. */
type Tail = KeptRecord | 'none' | 'torn';

const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** The record of a slot stands behind its bytes: it is the last block of the file that is not all zero. */
async function readTail(handle: FileHandle): Promise<Tail> {
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafe(SLAB_BYTES);
  let end = size - (size % BLOCK_BYTES);
  while (end > 0) {
    const start = Math.max(0, end - SLAB_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    for (let at = bytesRead - BLOCK_BYTES; at >= 0; at -= BLOCK_BYTES) {
      const block = buffer.subarray(at, at + BLOCK_BYTES);
      if (block.equals(ZEROS)) continue;
      if (!looksLikeRecord(block)) return 'none';
      const record = readRecord(block);
      const isBehind = record !== undefined && start + at === wholeBlocks(record.fileBytes);
      return isBehind ? record : 'torn';
    }
    end = start;
  }
  return 'none';
}

/** Whether header and data set are what the record says, to the last bit. */
async function isWhole(handle: FileHandle, record: KeptRecord): Promise<boolean> {
  const header = Buffer.alloc(record.dataSetOffset);
  const { bytesRead } = await handle.read(header, 0, header.length, 0);
  if (bytesRead < header.length || crc32(header) !== record.headerCrc32) return false;
  const hash = createHash('sha256');
  const stream = handle.createReadStream({
    start: record.dataSetOffset,
    end: record.fileBytes - 1,
    autoClose: false,
    highWaterMark: SLAB_BYTES,
  });
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex') === record.sha256;
}

async function judgeSlot(path: string): Promise<KeptRecord | 'empty' | 'broken'> {
  const handle = await open(path, 'r');
  try {
    const tail = await readTail(handle);
    if (tail === 'none') return 'empty';
    if (tail === 'torn' || tail.slot !== basename(path)) return 'broken';
    return (await isWhole(handle, tail)) ? tail : 'broken';
  } catch (error) {
    // A sector that cannot be read must not keep all others from being taken up.
    if (error instanceof Error && 'code' in error && error.code === 'EIO') return 'broken';
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Takes the record off a file that lies in its place already, for good. Nothing happens to a file without one.
 * @param relative its path below the root
 */
export async function trimKept(
  root: string,
  relative: string,
  disk: JournalDisk = REAL_DISK,
): Promise<void> {
  const path = join(root, relative);
  const tail = await readFileTail(path);
  if (typeof tail === 'string' || tail.path !== relative) return;
  const handle = await open(path, 'r+');
  try {
    await disk.truncate(handle.fd, tail.fileBytes);
    await disk.syncFile(handle.fd);
  } finally {
    await handle.close();
  }
}

async function readFileTail(path: string): Promise<Tail> {
  const handle = await open(path, 'r');
  try {
    return await readTail(handle);
  } finally {
    await handle.close();
  }
}

/** Where both names were left of an earlier move, they are one file, and renaming does nothing (POSIX): thence `remove`. */
async function moveAside(path: string, root: string, disk: JournalDisk): Promise<void> {
  const aside = join(root, QUARANTINE);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  await disk.rename(path, join(aside, basename(path)));
  await disk.remove(path);
}

/**
 * What a process that died, or a machine that lost its power, left in the journal: whole objects go to their place, the
 * rest is cleared away. Safe to run again at any point: an object keeps its record until its new name is on disk.
 */
export async function recoverJournal(place: RecoveryPlace): Promise<RecoveryReport> {
  const { disk = REAL_DISK } = place;
  const recovered: KeptRecord[] = [];
  let empty = 0;
  let quarantined = 0;
  for (const name of (await readdir(place.directory)).sort()) {
    if (!name.endsWith(SLOT_SUFFIX)) continue;
    const path = join(place.directory, name);
    const found = await judgeSlot(path);
    if (found === 'empty') {
      await disk.remove(path);
      empty += 1;
    } else if (found === 'broken') {
      await moveAside(path, place.root, disk);
      quarantined += 1;
    } else {
      await place.ensureFolder(dirname(found.path));
      await disk.rename(path, join(place.root, found.path));
      await disk.remove(path);
      recovered.push(found);
    }
  }
  for (const folder of new Set(recovered.map((record) => dirname(record.path)))) {
    await place.syncFolder(folder);
  }
  for (const { path } of recovered) await trimKept(place.root, path, disk);
  return { recovered, empty, quarantined };
}
