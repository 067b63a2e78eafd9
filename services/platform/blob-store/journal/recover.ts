import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type KeptRecord, readRecord } from './record-block.ts';
import { BLOCK_BYTES, SLAB_BYTES } from './slabs.ts';

export interface RecoveryReport {
  /** Objects found whole: now in their place, for the index to take up. */
  readonly recovered: readonly KeptRecord[];
  /** Slots without a record: empty, or cut off before anything was answered for. Removed. */
  readonly empty: number;
  /** Slots whose record does not fit their bytes: moved aside, never acknowledged as far as one can tell. */
  readonly quarantined: number;
}

export const SLOT_SUFFIX = '.slot';

export interface RecoveryPlace {
  /** Of the store. */
  readonly root: string;
  /** Of the journal. */
  readonly directory: string;
  /** Makes sure that a folder below the root is there for good. */
  readonly ensureFolder: (relative: string) => Promise<void>;
  readonly syncFolder: (relative: string) => Promise<void>;
}

/** The record of a slot stands behind its bytes: the last block of the file that is not empty. */
async function findRecord(handle: FileHandle): Promise<KeptRecord | undefined> {
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafe(SLAB_BYTES);
  let end = size - (size % BLOCK_BYTES);
  while (end > 0) {
    const start = Math.max(0, end - SLAB_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    for (let at = bytesRead - BLOCK_BYTES; at >= 0; at -= BLOCK_BYTES) {
      const record = readRecord(buffer.subarray(at, at + BLOCK_BYTES));
      if (record !== undefined) return start + at >= record.fileBytes ? record : undefined;
    }
    end = start;
  }
  return undefined;
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

async function recoverSlot(path: string): Promise<KeptRecord | 'empty' | 'broken'> {
  const handle = await open(path, 'r+');
  try {
    const record = await findRecord(handle);
    if (record === undefined) return 'empty';
    if (!(await isWhole(handle, record))) return 'broken';
    await handle.truncate(record.fileBytes);
    await handle.datasync();
    return record;
  } finally {
    await handle.close();
  }
}

/**
 * What a process that died, or a machine that lost its power, left in the journal: whole objects go to their place, the
 * rest is cleared away. Safe to run again at any point.
 */
export async function recoverJournal(place: RecoveryPlace): Promise<RecoveryReport> {
  const recovered: KeptRecord[] = [];
  const folders = new Set<string>();
  let empty = 0;
  let quarantined = 0;
  for (const name of (await readdir(place.directory)).sort()) {
    if (!name.endsWith(SLOT_SUFFIX)) continue;
    const path = join(place.directory, name);
    const found = await recoverSlot(path);
    if (found === 'empty') {
      await rm(path, { force: true });
      empty += 1;
    } else if (found === 'broken') {
      const aside = join(place.root, 'quarantine');
      await mkdir(aside, { recursive: true, mode: 0o700 });
      await rename(path, join(aside, basename(path)));
      quarantined += 1;
    } else {
      const folder = found.path.slice(0, found.path.lastIndexOf('/'));
      await place.ensureFolder(folder);
      await rename(path, join(place.root, found.path));
      folders.add(folder);
      recovered.push(found);
    }
  }
  for (const folder of folders) await place.syncFolder(folder);
  return { recovered, empty, quarantined };
}
