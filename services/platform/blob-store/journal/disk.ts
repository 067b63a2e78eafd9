import { close, constants, fdatasync, fsync, ftruncate, open, rename, rm, write } from 'node:fs';
import { promisify } from 'node:util';

/**
 * The few calls by which the journal touches the disk. Each can be replaced: a test takes one sync out and must notice,
 * or cuts the power at any point and looks at what is left.
 */
export interface JournalDisk {
  /** A new file, open for reading and writing past the page cache where the file system can do that. */
  create(path: string): Promise<number>;
  /** All of `bytes` at `position`; both, and the memory itself, are multiples of 4 KB. */
  write(fd: number, bytes: Buffer, position: number): Promise<void>;
  /** What was written, and the length of the file. */
  syncFile(fd: number): Promise<void>;
  truncate(fd: number, bytes: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  close(fd: number): Promise<void>;
  remove(path: string): Promise<void>;
  /** The names in a directory. */
  syncDirectory(fd: number): Promise<void>;
}

const openFile = promisify(open);
const truncateFile = promisify(ftruncate);
const renameFile = promisify(rename);
const closeFile = promisify(close);
const removeFile = promisify(rm);
const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

const NEW_FILE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR;
let canBypassCache = true;

async function create(path: string): Promise<number> {
  if (canBypassCache) {
    try {
      return await openFile(path, NEW_FILE | constants.O_DIRECT, 0o600);
    } catch (error) {
      // tmpfs and some network file systems know no O_DIRECT; the syncs make the bytes durable all the same.
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
      canBypassCache = false;
      await removeFile(path, { force: true });
    }
  }
  return openFile(path, NEW_FILE, 0o600);
}

function writeAll(fd: number, bytes: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (from: number): void => {
      write(fd, bytes, from, bytes.length - from, position + from, (error, written) => {
        if (error !== null) reject(error);
        else if (from + written < bytes.length) step(from + written);
        else resolve();
      });
    };
    step(0);
  });
}

export const REAL_DISK: JournalDisk = {
  create,
  write: writeAll,
  syncFile: (fd) => syncData(fd),
  truncate: (fd, bytes) => truncateFile(fd, bytes),
  rename: (from, to) => renameFile(from, to),
  close: (fd) => closeFile(fd),
  remove: (path) => removeFile(path, { force: true }),
  syncDirectory: (fd) => syncAll(fd),
};
