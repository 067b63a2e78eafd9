import type { FileHandle } from 'node:fs/promises';

/** The three things that make a file durable, each replaceable, so that a test can take one out and must notice. */
export interface BlobSyncs {
  /** The file's bytes and its length. */
  syncFile(handle: FileHandle): Promise<void>;
  /** The names in a directory: a renamed file. */
  syncDirectory(handle: FileHandle): Promise<void>;
  /** The directory above a new one. */
  syncParent(handle: FileHandle): Promise<void>;
}

export const DURABLE_SYNCS: BlobSyncs = {
  syncFile: (handle) => handle.datasync(),
  syncDirectory: (handle) => handle.sync(),
  syncParent: (handle) => handle.sync(),
};

/** Many ask for the same sync at once: one that starts after they asked serves them all. */
export class SharedSync {
  private readonly run: () => Promise<void>;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(run: () => Promise<void>) {
    this.run = run;
  }

  /** Resolves after a sync that began no earlier than this call. */
  request(): Promise<void> {
    if (this.running === undefined) return this.start();
    if (this.next === undefined) {
      const after = this.running;
      this.next = (async () => {
        await after.catch(() => undefined);
        this.next = undefined;
        await this.start();
      })();
    }
    return this.next;
  }

  private start(): Promise<void> {
    const current = this.run().finally(() => {
      if (this.running === current) this.running = undefined;
    });
    this.running = current;
    return current;
  }
}
