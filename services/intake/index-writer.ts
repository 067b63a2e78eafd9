import { RadTriageError } from '#core/errors.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import type { Journal, JournalEntry } from '#platform/blob-store/blob-store.ts';
import { asDatabaseError, type Database, isPassingTrouble } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { Preparation } from './corrections/prepare-records.ts';
import { indexRecords } from './index-records.ts';
import type { InstanceRecord, SiteRules } from './instance-record.ts';
import type { ReceiveOutcome } from './types.ts';

export interface IndexWriterOptions extends Pick<Preparation, 'blobs'> {
  readonly database: Database;
  readonly rules: SiteRules;
  readonly logger: Logger;
  /** With a journal nobody waits for the row: larger batches, and a database that is away is waited for. */
  readonly journal?: Journal | undefined;
  /** How long to try while the database is away, milliseconds. Senders wait about 30 s for an answer. */
  readonly retryMs?: number | undefined;
}

interface Waiting {
  readonly record: InstanceRecord;
  readonly entry: JournalEntry | undefined;
  readonly since: number;
  readonly resolve: (outcome: ReceiveOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH = 64;
const MAX_JOURNAL_BATCH = 256;
/** Or when so much has come together. */
const GATHERED = 1_000;
/** A batch is closed when nothing more has come for a moment, or its first row has waited long enough. */
const GATHER_MS = 40;
const LONGEST_GATHER_MS = 1_500;
const RETRY_MS = 15_000;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const CLOSE_MS = 5_000;
/** Two writers met: unique violation, serialization failure, deadlock (PostgreSQL, appendix A). */
const COLLISIONS = new Set(['23505', '40001', '40P01']);
const MAX_COLLISIONS = 5;

function isCollision(error: unknown): boolean {
  return error instanceof Error && 'code' in error && COLLISIONS.has(String(error.code));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Group commit: the rows of all associations that wait while one transaction commits go into the next one together.
 * `add` resolves only after the commit that holds its row.
 */
export class IndexWriter {
  private readonly options: IndexWriterOptions;
  private readonly queue: Waiting[] = [];
  /** Of no cost until two codings of one image have to be compared; its process ends with ours. */
  private readonly decoder = createPixelDecoder();
  private inBatch: readonly Waiting[] = [];
  private running: Promise<void> | undefined;
  private lastAdded = 0;
  private closing = false;

  constructor(options: IndexWriterOptions) {
    this.options = options;
  }

  /** Rows that are not committed yet. */
  get waiting(): number {
    return this.queue.length + this.inBatch.length;
  }

  /** How long the oldest of them has waited, milliseconds. */
  get oldestMs(): number {
    const oldest = this.inBatch[0] ?? this.queue[0];
    return oldest === undefined ? 0 : performance.now() - oldest.since;
  }

  /**
   * @throws RadTriageError DATABASE_UNAVAILABLE, STORAGE_FAILED: unless `details.refused` is true, the row may have
   * been committed all the same.
   */
  add(record: InstanceRecord, entry?: JournalEntry): Promise<ReceiveOutcome> {
    return new Promise((resolve, reject) => {
      this.lastAdded = performance.now();
      this.queue.push({ record, entry, since: this.lastAdded, resolve, reject });
      this.running ??= this.drain();
    });
  }

  /** Waits a while for what is left. Rows that the database does not take now are found again at the next start. */
  async close(): Promise<void> {
    this.closing = true;
    const { running } = this;
    if (running === undefined) return;
    const deadline = AbortSignal.timeout(CLOSE_MS);
    await Promise.race([
      running,
      new Promise((resolve) => deadline.addEventListener('abort', resolve, { once: true })),
    ]);
  }

  private async drain(): Promise<void> {
    const { journal } = this.options;
    while (this.queue.length > 0) {
      if (journal !== undefined) await this.gather();
      const batch = this.queue.splice(0, journal === undefined ? MAX_BATCH : MAX_JOURNAL_BATCH);
      this.inBatch = batch;
      await this.settle(batch);
      this.inBatch = [];
    }
    this.running = undefined;
  }

  private async gather(): Promise<void> {
    while (!this.closing && this.queue.length < GATHERED) {
      const now = performance.now();
      const quiet = now - this.lastAdded >= GATHER_MS;
      const late = now - (this.queue[0]?.since ?? now) >= LONGEST_GATHER_MS;
      if (quiet || late) return;
      await pause(GATHER_MS);
    }
  }

  private async settle(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.settleFiles(batch);
      const outcomes = await this.commit(batch.map(({ record }) => record));
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new RadTriageError('INTERNAL', 'no outcome'));
        else resolve(outcome);
      });
    } catch (error) {
      const [only] = batch;
      if (batch.length > 1 && !isPassingTrouble(error)) {
        // One row that Postgres refuses must not fail those that it was grouped with.
        for (const waiting of batch) await this.settle([waiting]);
      } else if (batch.length === 1) {
        only?.reject(this.asIndexError(error));
      } else {
        for (const { reject } of batch) reject(this.asIndexError(error));
      }
    }
  }

  /** The files first: a row never names what is not there. */
  private async settleFiles(batch: readonly Waiting[]): Promise<void> {
    const { journal, logger } = this.options;
    if (journal === undefined) return;
    const entries = batch.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
    for (let wait = PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        await journal.settle(entries);
        return;
      } catch (error) {
        if (this.closing) throw error;
        logger.error(
          { err: error, instances: entries.length },
          'kept files cannot be put in place',
        );
        await pause(wait);
      }
    }
  }

  private asIndexError(error: unknown): unknown {
    const mapped = asDatabaseError(error);
    if (mapped instanceof RadTriageError) return mapped;
    // With a state of SQL (appendix A) the server itself has refused, and nothing was committed.
    const refused =
      error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(`${error.code}`);
    return new RadTriageError('STORAGE_FAILED', 'the instance could not be recorded', {
      cause: error,
      details: { refused },
    });
  }

  private async commit(records: readonly InstanceRecord[]): Promise<ReceiveOutcome[]> {
    const { database, rules, logger, blobs } = this.options;
    const givesUp = this.givesUpAt();
    let collisions = 0;
    let isAway = false;
    let wait = PAUSE_MS;
    for (;;) {
      try {
        return await indexRecords({ database, rules, blobs, decoder: this.decoder }, records);
      } catch (error) {
        if (isCollision(error) && collisions < MAX_COLLISIONS) {
          collisions += 1;
          continue;
        }
        if (!isPassingTrouble(error) || this.closing || Date.now() >= givesUp) throw error;
        if (!isAway) logger.warn({ err: error }, 'the database takes no rows, trying again');
        isAway = true;
        await pause(wait);
        if (this.options.journal !== undefined) wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
      }
    }
  }

  private givesUpAt(): number {
    if (this.options.journal !== undefined) return Number.POSITIVE_INFINITY;
    return Date.now() + (this.options.retryMs ?? RETRY_MS);
  }
}
