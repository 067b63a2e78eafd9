import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { CommitmentFinding } from '#core/commitment-state.ts';
import { RadTriageError } from '#core/errors.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';

export type StoredFiles = Pick<BlobStore, 'sizeOf' | 'readRange'>;

/** What the index says of a kept file. */
export interface KeptFile {
  readonly blobPath: string;
  /** Lower-case hex SHA-256 of its data set, which begins at `dataSetOffset`. */
  readonly sha256: string;
  readonly fileBytes: string;
  readonly dataSetOffset: number;
}

export type FileFinding = Extract<
  CommitmentFinding,
  'kept' | 'file-missing' | 'file-altered' | 'file-unreadable'
>;

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Reads files at a bounded rate, so that a promise looked into does not slow down what comes in. */
export class FileVerifier {
  readonly #files: StoredFiles;
  readonly #bytesPerMs: number;
  /** When what has been read so far is paid for, on the clock of `performance.now()`. */
  #paidUntil = 0;

  constructor(files: StoredFiles, megabytesPerSecond: number) {
    this.#files = files;
    this.#bytesPerMs = (megabytesPerSecond * 1_000_000) / 1_000;
  }

  /** Whether the file is there with every byte that was received. */
  async verify(file: KeptFile, signal: AbortSignal): Promise<FileFinding> {
    try {
      const bytes = Number(file.fileBytes);
      if ((await this.#files.sizeOf(file.blobPath)) !== bytes) return 'file-altered';
      const hash = createHash('sha256');
      for (let at = file.dataSetOffset; at < bytes; at += CHUNK_BYTES) {
        const chunk = await this.#files.readRange(
          file.blobPath,
          at,
          Math.min(CHUNK_BYTES, bytes - at),
        );
        hash.update(chunk);
        await this.#pay(chunk.length, signal);
      }
      return hash.digest('hex') === file.sha256 ? 'kept' : 'file-altered';
    } catch (error) {
      if (!(error instanceof RadTriageError)) throw error;
      return error.code === 'NOT_FOUND' ? 'file-missing' : 'file-unreadable';
    }
  }

  async #pay(bytes: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#paidUntil = Math.max(this.#paidUntil, now) + bytes / this.#bytesPerMs;
    const ahead = this.#paidUntil - now;
    // Timers are no finer than this; what is less is paid with the next chunk.
    if (ahead > 10) await setTimeout(ahead, undefined, { signal });
  }
}
