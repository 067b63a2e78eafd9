import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BlobSyncs, SharedSync } from './syncs.ts';

interface OpenDirectory {
  readonly handle: FileHandle;
  readonly names: SharedSync;
}

/** Folders below a root that are known to be on disk, each open for its syncs: a folder a day. */
export class DurableDirectories {
  private readonly root: string;
  private readonly syncs: BlobSyncs;
  private readonly opened = new Map<string, Promise<OpenDirectory>>();

  constructor(root: string, syncs: BlobSyncs) {
    this.root = root;
    this.syncs = syncs;
  }

  /** Makes the root where there is none, and sees to it that it will be there after a power cut. */
  async ensureRoot(): Promise<void> {
    const first = await mkdir(this.root, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = resolve(this.root); ; made = dirname(made)) {
      const parent = await open(dirname(made), 'r');
      try {
        await this.syncs.syncParent(parent);
      } finally {
        await parent.close();
      }
      if (made === resolve(first)) return;
    }
  }

  /** Makes sure that the folder and every folder above it, up to the root, will be there after a power cut. */
  async ensure(relative: string): Promise<void> {
    await this.open(relative);
  }

  /** Makes durable which names the folder holds. */
  async syncNames(relative: string): Promise<void> {
    await (await this.open(relative)).names.request();
  }

  async close(): Promise<void> {
    for (const opening of this.opened.values()) {
      await opening.then(({ handle }) => handle.close()).catch(() => undefined);
    }
    this.opened.clear();
  }

  private open(relative: string): Promise<OpenDirectory> {
    const known = this.opened.get(relative);
    if (known !== undefined) return known;
    const opening = this.make(relative);
    this.opened.set(relative, opening);
    opening.catch(() => this.opened.delete(relative));
    return opening;
  }

  private async make(relative: string): Promise<OpenDirectory> {
    const path = join(this.root, relative);
    if (relative !== '.') {
      const parent = await this.open(dirname(relative));
      await mkdir(path, { recursive: true, mode: 0o700 });
      // Also when it was there already: who made it may have died before this sync.
      await this.syncs.syncParent(parent.handle);
    }
    const handle = await open(path, 'r');
    return { handle, names: new SharedSync(() => this.syncs.syncDirectory(handle)) };
  }
}
