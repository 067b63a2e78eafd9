import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import { DurableDirectories } from '#platform/blob-store/durable-directories.ts';
import { type JournalDisk, REAL_DISK } from '#platform/blob-store/journal/disk.ts';
import { type RecoveryReport, recoverJournal } from '#platform/blob-store/journal/recover.ts';
import type { RecordedDisk } from './recorded-disk.ts';
import type { SentObject } from './workload.ts';

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What rows may name by then has to lie in its place, before anybody repairs anything. */
export function findRowsWithoutFile(
  folder: string,
  sent: readonly SentObject[],
  moment: number,
): string[] {
  return sent.flatMap((object) => {
    if (object.settledAt === undefined || object.settledAt > moment) return [];
    const path = join(folder, object.path ?? '');
    if (!existsSync(path)) return ['row without a file'];
    return readFileSync(path).equals(object.file) ? [] : ['row names a file that is not whole'];
  });
}

const nothing = async (): Promise<void> => undefined;
/** For the last look at an image, which no power cut follows. */
const QUICK_SYNCS = { syncFile: nothing, syncDirectory: nothing, syncParent: nothing };
const QUICK_DISK: JournalDisk = { ...REAL_DISK, syncFile: nothing, syncDirectory: nothing };

/** Takes up an image of a disk as a listener does at its start, on `disk` where one records. */
export async function recoverImage(folder: string, disk?: RecordedDisk): Promise<RecoveryReport> {
  const directories = new DurableDirectories(folder, disk?.syncs ?? QUICK_SYNCS);
  await directories.ensure('journal');
  const report = await recoverJournal({
    root: folder,
    directory: join(folder, 'journal'),
    ensureFolder: (relative) => directories.ensure(relative),
    syncFolder: (relative) => directories.syncNames(relative),
    disk: disk ?? QUICK_DISK,
  });
  await directories.close();
  return report;
}

/** As the look through the store does for each file without a row. */
export async function trimFiles(folder: string): Promise<void> {
  const store = await openBlobStore({ directory: folder, syncs: QUICK_SYNCS });
  for await (const { path } of store.listBlobs('instances')) await store.trimBlob(path);
  await store.close();
}

/** What is wrong with a store that was taken up again. */
export function findFaults(folder: string, sent: readonly SentObject[], moment: number): string[] {
  const faults: string[] = [];
  const expected = new Map(sent.map((object) => [digest(object.file), object]));
  const found = new Map<SentObject, number>();
  for (const path of filesBelow(join(folder, 'instances'))) {
    const object = expected.get(digest(readFileSync(path)));
    if (object === undefined) faults.push('a file that nobody sent');
    else if (object.aborted === true) faults.push('an object that was given up');
    else found.set(object, (found.get(object) ?? 0) + 1);
  }
  for (const object of sent) {
    const count = found.get(object) ?? 0;
    const isAnswered = object.answeredAt !== undefined && object.answeredAt <= moment;
    if (isAnswered && count === 0) faults.push('answered for and lost');
    if (count > 1) faults.push('there twice');
  }
  if (filesBelow(join(folder, 'journal')).length > 0) faults.push('left in the journal');
  return [...new Set(faults)];
}
