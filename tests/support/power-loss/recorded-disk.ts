import { fstatSync, open, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { BlobSyncs } from '#platform/blob-store/blob-store.ts';
import { type JournalDisk, REAL_DISK } from '#platform/blob-store/journal/disk.ts';
import type { Random } from '#test-data/random.ts';

/** A file, whatever its names. */
export interface RecordedFile {
  /** What it held, for good, when recording began; undefined for a new one. */
  readonly base: Buffer | undefined;
}

/** Paths are below the root; `''` is the root. `start` and `done` are moments; without `done` it is still under way. */
interface Moment {
  readonly start: number;
  done: number;
}
export type DiskEvent = Moment &
  (
    | { readonly kind: 'create' | 'remove'; readonly path: string; readonly file: RecordedFile }
    | { readonly kind: 'makeDirectory'; readonly path: string }
    | {
        readonly kind: 'rename';
        readonly from: string;
        readonly to: string;
        readonly file: RecordedFile;
      }
    | {
        readonly kind: 'write';
        readonly file: RecordedFile;
        readonly position: number;
        readonly bytes: Buffer;
      }
    | { readonly kind: 'resize'; readonly file: RecordedFile; readonly bytes: number }
    | { readonly kind: 'syncFile'; readonly file: RecordedFile }
    | { readonly kind: 'syncDirectory'; readonly path: string }
  );
type NewEvent = DiskEvent extends infer E
  ? E extends DiskEvent
    ? Omit<E, keyof Moment>
    : never
  : never;

/** The syncs that a test can take out, one at a time. */
export type SyncName =
  | 'slot'
  | 'journal folder'
  | 'folder of the place'
  | 'parent folder'
  | 'length';

const openFile = promisify(open);
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Does what it is told in a real folder and writes down every write, name, length and sync with the moments at which it
 * began and ended. From that, `cutPower` makes what a disk may hold at any of these moments.
 */
export class RecordedDisk implements JournalDisk {
  readonly root: string;
  readonly events: DiskEvent[] = [];
  /** What was there, for good, when recording began. */
  readonly names = new Map<string, RecordedFile>();
  readonly directories = new Set<string>();
  readonly #random: Random;
  readonly #files = new Map<number, RecordedFile>();
  readonly #without: SyncName | undefined;
  readonly #truncated = new WeakSet<RecordedFile>();
  #now = 0;

  constructor(root: string, random: Random, without?: SyncName) {
    this.root = root;
    this.#random = random;
    this.#without = without;
    this.#remember('');
  }

  /** The present moment. */
  get now(): number {
    return this.#now;
  }

  /** A moment of its own, for something that the test wants to place among the others. */
  tick(): number {
    this.#now += 1;
    return this.#now;
  }

  async create(path: string): Promise<number> {
    const file: RecordedFile = { base: undefined };
    return this.#record({ kind: 'create', path: this.#relative(path), file }, async () => {
      // Through the page cache: what is on disk is ours to decide.
      const fd = await openFile(path, 'wx+', 0o600);
      this.#files.set(fstatSync(fd).ino, file);
      return fd;
    });
  }

  async write(fd: number, bytes: Buffer, position: number): Promise<void> {
    await this.#record(
      { kind: 'write', file: this.#fileOf(fd), position, bytes: Buffer.from(bytes) },
      () => REAL_DISK.write(fd, bytes, position),
    );
  }

  async syncFile(fd: number): Promise<void> {
    const file = this.#fileOf(fd);
    const which = this.#truncated.has(file) ? 'length' : 'slot';
    if (this.#without !== which) await this.#record({ kind: 'syncFile', file }, nothing);
  }

  async truncate(fd: number, bytes: number): Promise<void> {
    const file = this.#fileOf(fd);
    this.#truncated.add(file);
    await this.#record({ kind: 'resize', file, bytes }, () => REAL_DISK.truncate(fd, bytes));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#noticeDirectories(dirname(this.#relative(to)));
    const file = this.#files.get(statSync(from).ino);
    if (file === undefined) throw new Error(`renaming what is not known: ${from}`);
    const names = { from: this.#relative(from), to: this.#relative(to) };
    await this.#record({ kind: 'rename', ...names, file }, () => REAL_DISK.rename(from, to));
  }

  async remove(path: string): Promise<void> {
    let file: RecordedFile | undefined;
    try {
      file = this.#files.get(statSync(path).ino);
    } catch {
      return;
    }
    if (file === undefined) throw new Error(`removing what is not known: ${path}`);
    await this.#record({ kind: 'remove', path: this.#relative(path), file }, () =>
      REAL_DISK.remove(path),
    );
  }

  close(fd: number): Promise<void> {
    return REAL_DISK.close(fd);
  }

  async syncDirectory(fd: number): Promise<void> {
    if (this.#without !== 'journal folder') await this.#syncNames(fd);
  }

  /** For the folders of the store, which know their own syncs. */
  readonly syncs: BlobSyncs = {
    syncFile: (handle) => this.syncFile(handle.fd),
    syncDirectory: async ({ fd }) => {
      if (this.#without !== 'folder of the place') await this.#syncNames(fd);
    },
    syncParent: async ({ fd }) => {
      if (this.#without !== 'parent folder') await this.#syncNames(fd);
    },
  };

  async #syncNames(fd: number): Promise<void> {
    const path = this.#relative(readlinkSync(`/proc/self/fd/${fd}`));
    if (path.startsWith('..')) return;
    for (const entry of readdirSync(join(this.root, path), { withFileTypes: true })) {
      if (entry.isDirectory()) this.#noticeDirectories(join(path, entry.name));
    }
    await this.#record({ kind: 'syncDirectory', path }, nothing);
  }

  /** Directories are made behind our back: they count as made, not synced, when we first meet them. */
  #noticeDirectories(path: string): void {
    if (path === '.' || path === '' || this.directories.has(path)) return;
    if (this.events.some((event) => event.kind === 'makeDirectory' && event.path === path)) return;
    this.#noticeDirectories(dirname(path));
    const start = this.tick();
    this.events.push({ kind: 'makeDirectory', path, start, done: this.tick() });
  }

  async #record<T>(event: NewEvent, act: () => Promise<T>): Promise<T> {
    const recorded: DiskEvent = { ...event, start: this.tick(), done: NEVER };
    this.events.push(recorded);
    // Others come in between, differently every time.
    for (let turns = this.#random.integer(0, 3); turns > 0; turns -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const result = await act();
    recorded.done = this.tick();
    return result;
  }

  #remember(path: string): void {
    for (const entry of readdirSync(join(this.root, path), { withFileTypes: true })) {
      const inner = join(path, entry.name);
      const whole = join(this.root, inner);
      if (entry.isDirectory()) {
        this.directories.add(inner);
        this.#remember(inner);
        continue;
      }
      const { ino } = statSync(whole);
      const file = this.#files.get(ino) ?? { base: readFileSync(whole) };
      this.#files.set(ino, file);
      this.names.set(inner, file);
    }
  }

  #relative(path: string): string {
    return relative(this.root, path);
  }

  #fileOf(fd: number): RecordedFile {
    const file = this.#files.get(fstatSync(fd).ino);
    if (file === undefined) throw new Error('a file that is not known');
    return file;
  }
}

async function nothing(): Promise<void> {}
