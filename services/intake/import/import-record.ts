import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import type { FoundFile } from './walk-files.ts';

const KEY_BYTES = 16;
const FLUSH_ROWS = 256;
const FLUSH_MS = 1_000;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, KEY_BYTES);
}

function keyOf(file: FoundFile): Buffer {
  return digest(`${file.path}\0${file.bytes}\0${file.changedAt}`);
}

/** Which files of a folder have been taken in before, kept in the database by path, size and time of last change. */
export class ImportRecord {
  private readonly database: Database;
  private readonly rootKey: Buffer;
  private waiting: { rootKey: Buffer; fileKey: Buffer; instanceKey: string }[] = [];
  private flushedAt = Date.now();
  private flushing: Promise<void> = Promise.resolve();

  constructor(database: Database, root: string) {
    this.database = database;
    this.rootKey = digest(root);
  }

  /** Forgets what earlier runs over this folder have recorded. */
  async forget(): Promise<void> {
    await this.database.deleteFrom('importFile').where('rootKey', '=', this.rootKey).execute();
  }

  /** Those of the files that are not recorded, or whose instance is no longer kept. */
  async pendingOf(files: readonly FoundFile[]): Promise<FoundFile[]> {
    if (files.length === 0) return [];
    const keyed = files.map((file) => ({ file, key: keyOf(file) }));
    const rows = await this.database
      .selectFrom('importFile')
      .innerJoin('instance', 'instance.instanceKey', 'importFile.instanceKey')
      .select('importFile.fileKey')
      .where('importFile.rootKey', '=', this.rootKey)
      .where(
        'importFile.fileKey',
        'in',
        keyed.map(({ key }) => key),
      )
      .execute();
    const known = new Set(rows.map((row) => row.fileKey.toString('hex')));
    return keyed.filter(({ key }) => !known.has(key.toString('hex'))).map(({ file }) => file);
  }

  /** Notes that a file is in the index. Written soon: what a kill takes away is taken in again, as a duplicate. */
  async add(file: FoundFile, instanceKey: string): Promise<void> {
    this.waiting.push({ rootKey: this.rootKey, fileKey: keyOf(file), instanceKey });
    const isDue = Date.now() - this.flushedAt >= FLUSH_MS;
    if (isDue || this.waiting.length >= FLUSH_ROWS) await this.flush();
  }

  /** Writes what has been noted. */
  async flush(): Promise<void> {
    const rows = this.waiting;
    this.waiting = [];
    this.flushedAt = Date.now();
    const before = this.flushing;
    this.flushing = before.then(() => this.write(rows));
    await this.flushing;
  }

  private async write(rows: typeof this.waiting): Promise<void> {
    if (rows.length === 0) return;
    await this.database
      .insertInto('importFile')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['rootKey', 'fileKey'])
          .doUpdateSet({ instanceKey: sql`excluded.instance_key`, importedAt: new Date() }),
      )
      .execute();
  }
}
