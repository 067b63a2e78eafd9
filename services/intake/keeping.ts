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
  /** Takes back what `finish` has kept, before anybody was told of it. */
  drop(kept: KeptBytes): Promise<void>;
  /** Harmless after anything. */
  abort(): Promise<void>;
}

/** A file under its last name, synced with its directory: one object at a time, from any process. */
class FileKeeping implements Keeping {
  private readonly blobStore: BlobStore;
  private readonly writer: BlobWriter;
  private readonly hash = createHash('sha256');

  constructor(blobStore: BlobStore, header: Buffer) {
    this.blobStore = blobStore;
    this.writer = blobStore.createBlob();
    // It fits into the writer's first buffer: nothing is written yet, and nothing to wait for.
    void this.writer.write(header);
  }

  write(chunk: Buffer): void | Promise<void> {
    this.hash.update(chunk);
    return this.writer.write(chunk);
  }

  async finish(): Promise<KeptBytes> {
    const { path, bytes } = await this.writer.finish();
    return { path, fileBytes: bytes, sha256: this.hash.digest('hex') };
  }

  drop({ path }: KeptBytes): Promise<void> {
    return this.blobStore.removeBlob(path);
  }

  abort(): Promise<void> {
    return this.writer.abort();
  }
}

/** Through the journal where there is one, else straight into a file. */
export function openKeeping(
  place: { blobStore: BlobStore; journal: Journal | undefined },
  header: Buffer,
): Keeping {
  const { blobStore, journal } = place;
  if (journal === undefined) return new FileKeeping(blobStore, header);
  const writer = journal.createWriter(header);
  return {
    write: (chunk) => writer.write(chunk),
    finish: async (receivedAt) => {
      const entry = await writer.finish(receivedAt);
      const { path, fileBytes, sha256 } = entry.record;
      return { path, fileBytes, sha256, entry };
    },
    drop: async ({ entry }) => {
      if (entry !== undefined) await journal.drop(entry);
    },
    abort: () => writer.abort(),
  };
}
