import { statfs } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';
import type { Logger } from '../logger/logger.ts';

export interface DiskSpace {
  /** What an ordinary process may still write. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

export interface DiskWatch {
  /** As of a few seconds ago; undefined before the first look, or when the disk could not be looked at. */
  readonly space: DiskSpace | undefined;
  close(): void;
}

const LOOK_MS = 5_000;
const SAMPLE_MS = 10 * 60_000;
/** The sum over the index is the dear part. */
const SUM_MS = 60 * 60_000;

/** Free and whole size of the file system that a folder lies on. @throws the system's error */
export async function readDiskSpace(directory: string): Promise<DiskSpace> {
  const { bavail, bsize, blocks } = await statfs(directory);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

async function sumArchive(database: Database): Promise<number> {
  const { bytes } = await database
    .selectFrom('instance')
    .select(sql<string>`coalesce(sum(file_bytes), 0)`.as('bytes'))
    .executeTakeFirstOrThrow();
  return Number(bytes);
}

/** Looks at the archive's disk every few seconds, and now and then writes down how full it is. */
export function watchDisk(options: {
  directory: string;
  database: Database;
  logger: Logger;
}): DiskWatch {
  const { directory, database, logger } = options;
  let space: DiskSpace | undefined;
  let sampledAt = Number.NEGATIVE_INFINITY;
  let summedAt = Number.NEGATIVE_INFINITY;
  let archiveBytes = 0;
  let busy = false;

  const sample = async ({ freeBytes, sizeBytes }: DiskSpace): Promise<void> => {
    const now = performance.now();
    if (now - sampledAt < SAMPLE_MS) return;
    if (now - summedAt >= SUM_MS) archiveBytes = await sumArchive(database);
    await database
      .insertInto('diskSample')
      .values({ at: new Date(), freeBytes, sizeBytes, archiveBytes })
      .execute();
    sampledAt = now;
    if (now - summedAt >= SUM_MS) summedAt = now;
  };
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      space = await readDiskSpace(directory);
      await sample(space);
    } catch (error) {
      logger.debug({ err: error }, 'the disk could not be looked at');
    } finally {
      busy = false;
    }
  };
  void look();
  const timer = setInterval(() => void look(), LOOK_MS);
  return {
    get space() {
      return space;
    },
    close: () => clearInterval(timer),
  };
}
