import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DurableDirectories } from './durable-directories.ts';
import { asStorageError } from './storage-errors.ts';
import type { BlobSyncs } from './syncs.ts';

export interface BlobWriter {
  /** Takes a copy of what it cannot write at once. Await the promise before the next call. @throws RadTriageError STORAGE_FULL, STORAGE_FAILED */
  write(chunk: Buffer): void | Promise<void>;
  /** Resolves when the bytes and the directory entry are on disk. @throws RadTriageError STORAGE_FULL, STORAGE_FAILED */
  finish(): Promise<{ path: string; bytes: number }>;
  /** Removes what was written so far. */
  abort(): Promise<void>;
}

const STAGING_BYTES = 1024 * 1024;
const MAX_SPARE = 16;
const spare: Buffer[] = [];

function takeStaging(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(STAGING_BYTES);
}

function giveBack(staging: Buffer | undefined): void {
  if (staging !== undefined && spare.length < MAX_SPARE) spare.push(staging);
}

export interface BlobPlace {
  readonly root: string;
  /** Below the root: where the file lies until it is whole, and then. */
  readonly incoming: string;
  readonly path: string;
  readonly directories: DurableDirectories;
  readonly syncs: BlobSyncs;
}

/**
 * Writes a file that nobody sees under its name before it is whole and on disk: temporary name, fdatasync, rename,
 * sync of the directory. Chunks are gathered, so that a usual image costs one write.
 */
export class FileBlobWriter implements BlobWriter {
  private readonly place: BlobPlace;
  private handle: FileHandle | undefined;
  private staging: Buffer | undefined = takeStaging();
  private staged = 0;
  private written = 0;

  constructor(place: BlobPlace) {
    this.place = place;
  }

  write(chunk: Buffer): void | Promise<void> {
    const { staging } = this;
    if (staging !== undefined && this.staged + chunk.length <= staging.length) {
      this.staged += chunk.copy(staging, this.staged);
      return undefined;
    }
    // The caller's bytes are good only until we return.
    return this.spill(Buffer.from(chunk));
  }

  async finish(): Promise<{ path: string; bytes: number }> {
    const { root, incoming, path, directories, syncs } = this.place;
    try {
      const folder = dirname(path);
      const ready = directories.ensure(folder);
      const handle = await this.flush();
      await syncs.syncFile(handle);
      this.handle = undefined;
      await handle.close();
      await ready;
      await rename(join(root, incoming), join(root, path));
      await directories.syncNames(folder);
      this.release();
      return { path, bytes: this.written };
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
  }

  async abort(): Promise<void> {
    this.release();
    const { handle } = this;
    this.handle = undefined;
    await handle?.close().catch(() => undefined);
    await rm(join(this.place.root, this.place.incoming), { force: true }).catch(() => undefined);
  }

  private release(): void {
    giveBack(this.staging);
    this.staging = undefined;
  }

  private async open(): Promise<FileHandle> {
    this.handle ??= await open(join(this.place.root, this.place.incoming), 'wx', 0o600);
    return this.handle;
  }

  private async spill(chunk: Buffer): Promise<void> {
    try {
      const handle = await this.flush();
      if (this.staging !== undefined && chunk.length <= this.staging.length) {
        this.staged = chunk.copy(this.staging);
        return;
      }
      await this.writeAll(handle, chunk);
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
  }

  private async flush(): Promise<FileHandle> {
    const handle = await this.open();
    if (this.staging !== undefined && this.staged > 0) {
      await this.writeAll(handle, this.staging.subarray(0, this.staged));
      this.staged = 0;
    }
    return handle;
  }

  private async writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset);
      offset += bytesWritten;
    }
    this.written += bytes.length;
  }
}
