import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DiskSpace } from '#platform/disk/watch-disk.ts';
import { deleteRemovedFiles, removeImages } from './remove-images.ts';
import {
  countHeldBack,
  type HeldBack,
  type RemovableStudy,
  selectRemovable,
} from './select-removable.ts';

export interface RetentionOptions {
  readonly database: Database;
  readonly blobStore: Pick<BlobStore, 'removeBlob'>;
  readonly retention: Config['retention'];
  /** Of the archive's disk, looked at anew each time. */
  readonly readSpace: () => Promise<DiskSpace>;
  readonly actor: string;
  readonly now?: (() => Date) | undefined;
  /** Only say what would go. */
  readonly dryRun?: boolean | undefined;
}

export interface RemovedStudy extends RemovableStudy {
  readonly why: 'age' | 'disk';
}

export interface RetentionReport {
  readonly removed: readonly RemovedStudy[];
  readonly bytes: number;
  /** Percent of the disk in use, before and after (or as it would be). */
  readonly usedBefore: number;
  readonly usedAfter: number;
  readonly heldBack: HeldBack;
  /** The disk is still fuller than it should be, and nothing more may go. */
  readonly stillFull: boolean;
}

const DAY_MS = 86_400_000;
const BATCH = 50;

function usedPercent({ freeBytes, sizeBytes }: DiskSpace): number {
  return sizeBytes === 0 ? 0 : (100 * (sizeBytes - freeBytes)) / sizeBytes;
}

/** One pass: first by age, then, while the disk is too full, those used longest ago. */
export async function runRetention(options: RetentionOptions): Promise<RetentionReport> {
  const { database, blobStore, retention, actor, dryRun = false } = options;
  const now = options.now?.() ?? new Date();
  const keptSince = new Date(now.getTime() - (retention.keepAtLeastDays ?? 0) * DAY_MS);
  const space = await options.readSpace();
  const removed: RemovedStudy[] = [];
  const seen = new Set<string>();
  const freed = (): number => removed.reduce((sum, study) => sum + study.bytes, 0);
  const usedNow = (): number => usedPercent({ ...space, freeBytes: space.freeBytes + freed() });

  const sweep = async (
    why: 'age' | 'disk',
    limits: { lastUsedBefore: Date; keptSince: Date },
    goesOn: () => boolean,
  ): Promise<void> => {
    while (goesOn()) {
      const limit = BATCH + seen.size;
      const found = await selectRemovable(database, { ...limits, limit });
      const fresh = found.filter(({ studyKey }) => !seen.has(studyKey));
      if (fresh.length === 0) return;
      for (const study of fresh) {
        if (!goesOn()) return;
        seen.add(study.studyKey);
        if (dryRun || (await removeImages(database, { study, why, actor, limits }))) {
          removed.push({ ...study, why });
        }
      }
      if (!dryRun) await deleteRemovedFiles(database, blobStore);
    }
  };

  if (!dryRun) await deleteRemovedFiles(database, blobStore);
  const { removeAfterDays, disk } = retention;
  if (removeAfterDays !== undefined) {
    const lastUsedBefore = new Date(now.getTime() - removeAfterDays * DAY_MS);
    await sweep('age', { lastUsedBefore, keptSince }, () => true);
  }
  if (disk !== undefined && usedNow() > disk.above) {
    await sweep('disk', { lastUsedBefore: now, keptSince }, () => usedNow() > disk.below);
  }
  if (!dryRun) await deleteRemovedFiles(database, blobStore);
  const oldEnough = new Date(now.getTime() - (removeAfterDays ?? 0) * DAY_MS);
  return {
    removed,
    bytes: freed(),
    usedBefore: usedPercent(space),
    usedAfter: usedNow(),
    heldBack: await countHeldBack(database, oldEnough),
    stillFull: disk !== undefined && usedNow() > disk.above,
  };
}
