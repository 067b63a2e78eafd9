import { type JournalDisk, REAL_DISK } from './disk.ts';

/** The real disk, with the time that each flush of a file took told in seconds. */
export function timeSyncs(observe: (seconds: number) => void): JournalDisk {
  return {
    ...REAL_DISK,
    syncFile: async (fd) => {
      const startedAt = performance.now();
      await REAL_DISK.syncFile(fd);
      observe((performance.now() - startedAt) / 1000);
    },
  };
}
