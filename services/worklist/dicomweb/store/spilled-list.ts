import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Items in memory before they go to disk. */
const MAX_IN_MEMORY = 4_096;

/**
 * A list that grows without end and is read once, in order: what does not fit into memory lies in a file without a
 * name. Items are plain JSON.
 */
export class SpilledList<Item> {
  readonly #maxInMemory: number;
  #recent: Item[] = [];
  #file: Promise<FileHandle> | undefined;
  #written: Promise<void> = Promise.resolve();
  #length = 0;

  constructor(maxInMemory = MAX_IN_MEMORY) {
    this.#maxInMemory = maxInMemory;
  }

  get length(): number {
    return this.#length;
  }

  async add(item: Item): Promise<void> {
    this.#recent.push(item);
    this.#length += 1;
    if (this.#recent.length < this.#maxInMemory) return;
    const lines = this.#recent.map((each) => `${JSON.stringify(each)}\n`).join('');
    this.#recent = [];
    this.#written = this.#written.then(async () => {
      this.#file ??= openNameless();
      await (await this.#file).appendFile(lines);
    });
    await this.#written;
  }

  async *read(): AsyncGenerator<Item> {
    await this.#written;
    if (this.#file !== undefined) {
      const handle = await this.#file;
      for await (const line of handle.readLines({ start: 0, autoClose: false })) {
        // What `add` wrote, in a file that nobody else can open.
        const item: Item = JSON.parse(line);
        yield item;
      }
    }
    yield* this.#recent;
  }

  async dispose(): Promise<void> {
    this.#recent = [];
    const file = this.#file;
    this.#file = undefined;
    await this.#written.catch(() => undefined);
    await (await file)?.close();
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `radtriage-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  await rm(path);
  return handle;
}
