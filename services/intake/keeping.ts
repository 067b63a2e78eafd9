import { createHash } from 'node:crypto';
import type {
  BlobStore,
  BlobWriter,
  Journal,
  JournalEntry,
} from '#platform/blob-store/blob-store.ts';

/** What is known of an object's bytes once they are durable. */
export interface KeptBytes {
  /** Below the root of the store. */
  readonly path: string;
  readonly fileBytes: number;
  /** Of the data set, lower-case hex. */
  readonly sha256: string;
  /** Set when a record in the journal vouches for the object; its file still has to be settled. */
  readonly entry?: JournalEntry;
}

/** Keeps header and data set of one object. */
export interface Keeping {
  /** The chunk is free again once the call has returned. @throws RadTriageError STORAGE_FULL, STORAGE_FAILED */
  write(chunk: Buffer): void | Promise<void>;
  /** Resolves when the bytes are durable. @throws RadTriageError STORAGE_FULL, STORAGE_FAILED; nothing is kept then */
  finish(receivedAt: Date): Promise<KeptBytes>;
  /** Harmless after anything. */
  abort(): Promise<void>;
}

/** A file under its last name, synced with its directory: one object at a time, from any process. */
class FileKeeping implements Keeping {
  private readonly writer: BlobWriter;
  private readonly hash = createHash('sha256');

  constructor(writer: BlobWriter, header: Buffer) {
    this.writer = writer;
    // It fits into the writer's first buffer: nothing is written yet, and nothing to wait for.
    void writer.write(header);
  }

  write(chunk: Buffer): void | Promise<void> {
    this.hash.update(chunk);
    return this.writer.write(chunk);
  }

  async finish(): Promise<KeptBytes> {
    const { path, bytes } = await this.writer.finish();
    return { path, fileBytes: bytes, sha256: this.hash.digest('hex') };
  }

  abort(): Promise<void> {
    return this.writer.abort();
  }
}

/** Through the journal where there is one, else straight into a file. */
export function openKeeping(
  place: { blobStore: BlobStore; journal: Journal | undefined },
  object: { header: Buffer; sopClassUid: string },
): Keeping {
  const { header, sopClassUid } = object;
  const { blobStore, journal } = place;
  if (journal === undefined) return new FileKeeping(blobStore.createBlob(), header);
  const writer = journal.createWriter(header, sopClassUid);
  return {
    write: (chunk) => writer.write(chunk),
    finish: async (receivedAt) => {
      const entry = await writer.finish(receivedAt);
      const { path, fileBytes, sha256 } = entry.record;
      return { path, fileBytes, sha256, entry };
    },
    abort: () => writer.abort(),
  };
}
