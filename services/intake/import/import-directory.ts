import { setTimeout } from 'node:timers/promises';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';
import type { InstanceReceiver, ReceiveOutcome } from '../types.ts';
import { type FileImport, type ImportedFile, importFile, type SkipReason } from './import-file.ts';
import { ImportRecord } from './import-record.ts';
import { type ImportCounts, type ImportFailure, ImportTally } from './import-tally.ts';
import { countFiles, type FoundFile, findRoot, walkFiles } from './walk-files.ts';

export interface ImportOptions {
  /** A folder, read with all its subfolders, or one file. */
  readonly directory: string;
  readonly receiver: InstanceReceiver;
  /** Holds the record of what has been taken in. */
  readonly database: Database;
  /** Takes everything again, whatever earlier runs have recorded. */
  readonly restart?: boolean | undefined;
  /** What is not DICOM, and DICOMDIR, are failures. */
  readonly strict?: boolean | undefined;
  /** Files read at once. */
  readonly concurrency?: number | undefined;
  /** No file is begun after it is raised; those under way are finished. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((counts: ImportCounts) => void) | undefined;
  readonly onFailure?: ((failure: ImportFailure) => void) | undefined;
}

export interface ImportReport extends ImportCounts {
  /** Files are left: the same call goes on with them. */
  readonly stopped: boolean;
}

/** Files wait for the disk and for their rows, which are written together: more of them at once take hardly longer. */
export const DEFAULT_CONCURRENCY = 16;
const READ_BYTES = 256 * 1024;
/** Files looked up in the record at once. */
const LOOK_UP_FILES = 256;
/** Files that are kept and wait for their row while others are read. */
const MAX_UNINDEXED = 512;
const INDEX_DEADLINE_MS = 120_000;

const SKIPS: Readonly<Record<SkipReason, RadTriageError>> = {
  notDicom: new RadTriageError('DICOM_NOT_PART10', 'not a DICOM file'),
  dicomdir: new RadTriageError('DICOM_UNSUPPORTED', 'a DICOMDIR is no instance'),
};

/** What the workers of one run share. */
class ImportRun {
  readonly tally: ImportTally;
  readonly record: ImportRecord;
  private readonly options: ImportOptions;
  private readonly ending = new AbortController();
  private readonly signal: AbortSignal;
  private readonly unindexed = new Set<Promise<void>>();
  private recordFault: unknown;

  constructor(options: ImportOptions, root: string) {
    this.options = options;
    const { signal } = this.ending;
    this.signal = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]);
    this.tally = new ImportTally(options);
    this.record = new ImportRecord(options.database, root);
  }

  /** All workers, to their end; when one fails, the others begin nothing more. */
  async workAll(files: AsyncIterator<FoundFile>): Promise<void> {
    const workers = this.options.concurrency ?? DEFAULT_CONCURRENCY;
    const work = async (): Promise<void> => {
      try {
        await this.work(files);
      } catch (error) {
        this.ending.abort();
        throw error;
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: workers }, work));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Takes files from the walk until there are no more. */
  private async work(files: AsyncIterator<FoundFile>): Promise<void> {
    const task: FileImport = {
      receiver: this.options.receiver,
      buffer: Buffer.allocUnsafe(READ_BYTES),
      onBytes: (bytes) => this.tally.countBytes(bytes),
    };
    while (!this.signal.aborted) {
      const next = await files.next();
      if (next.done === true || this.signal.aborted) return;
      await this.take(next.value, task);
      while (this.unindexed.size >= MAX_UNINDEXED) await Promise.race(this.unindexed);
    }
  }

  /** Those of the walk's files that are still to be taken. */
  async *pending(root: string): AsyncGenerator<FoundFile> {
    let batch: FoundFile[] = [];
    const look = async (): Promise<FoundFile[]> => {
      const pending = await this.record.pendingOf(batch);
      this.tally.countBefore(batch.length - pending.length);
      batch = [];
      return pending;
    };
    const events = {
      onSkipped: () => this.tally.countSkipped('linkOrSpecial'),
      onUnreadable: (path: string, error: RadTriageError) => this.tally.countFailed(path, error),
    };
    for await (const file of walkFiles(root, events)) {
      if (this.signal.aborted) return;
      batch.push(file);
      if (batch.length >= LOOK_UP_FILES) yield* await look();
    }
    yield* await look();
  }

  /** Waits for the rows of what is kept, and writes the record. */
  async settle(): Promise<void> {
    await Promise.all(this.unindexed);
    await this.record.flush();
    if (this.recordFault !== undefined) throw this.recordFault;
  }

  private async take(file: FoundFile, task: FileImport): Promise<void> {
    try {
      const imported = await importFile(file, task);
      if ('skipped' in imported) this.skip(file, imported.skipped);
      else this.await(file, imported);
    } catch (thrown) {
      this.tally.countFailed(file.path, toRadTriageError(thrown));
    }
  }

  private skip(file: FoundFile, reason: SkipReason): void {
    if (this.options.strict === true) this.tally.countFailed(file.path, SKIPS[reason]);
    else this.tally.countSkipped(reason);
  }

  private await(file: FoundFile, imported: Extract<ImportedFile, { kept: unknown }>): void {
    const indexed = this.note(file, imported).finally(() => this.unindexed.delete(indexed));
    this.unindexed.add(indexed);
  }

  private async note(
    file: FoundFile,
    { kept, unchanged }: Extract<ImportedFile, { kept: unknown }>,
  ): Promise<void> {
    let outcome: ReceiveOutcome;
    try {
      outcome = await withDeadline(kept.indexed);
    } catch (thrown) {
      this.tally.countFailed(file.path, toRadTriageError(thrown));
      return;
    }
    this.tally.countImported(outcome.outcome);
    if (!unchanged) return;
    await this.record.add(file, outcome.instanceKey).catch((error: unknown) => {
      this.recordFault ??= error;
      this.ending.abort();
    });
  }
}

async function withDeadline(indexed: Promise<ReceiveOutcome>): Promise<ReceiveOutcome> {
  const settled = new AbortController();
  const late = setTimeout(INDEX_DEADLINE_MS, undefined, { signal: settled.signal, ref: false });
  try {
    const outcome = await Promise.race([indexed, late.catch(() => undefined)]);
    if (outcome !== undefined) return outcome;
    throw new RadTriageError('DATABASE_UNAVAILABLE', 'kept, and not yet in the index');
  } finally {
    settled.abort();
  }
}

/**
 * Takes in every DICOM file of a folder, through the same door as the network. One bad file never stops the rest; each
 * is told of with its coded error. What has been taken in is recorded: a later call goes on where this one stopped,
 * and takes what is new or has changed.
 * @throws RadTriageError NOT_FOUND when the folder itself cannot be read, DATABASE_UNAVAILABLE
 */
export async function importDirectory(options: ImportOptions): Promise<ImportReport> {
  const root = await findRoot(options.directory);
  const run = new ImportRun(options, root);
  if (options.restart === true) await run.record.forget();
  const counting = new AbortController();
  const counted = countFiles(root, counting.signal, (files) => run.tally.countFound(files));
  const files = run.pending(root);
  try {
    await run.workAll(files);
  } finally {
    counting.abort();
    await files.return(undefined);
    await counted;
    await run.settle();
  }
  return { ...run.tally.counts(), stopped: options.signal?.aborted === true };
}
