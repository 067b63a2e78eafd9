import { RadTriageError } from '#core/errors.ts';
import { asDatabaseError, type Database, isConnectionLoss } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { InstanceRecord, SiteRules } from './instance-record.ts';
import { storeRecords } from './store-records.ts';
import type { ReceiveOutcome } from './types.ts';

export interface IndexWriterOptions {
  readonly database: Database;
  readonly rules: SiteRules;
  readonly logger: Logger;
  /** How long to try while the database is away, milliseconds. Senders wait about 30 s for an answer. */
  readonly retryMs?: number | undefined;
}

interface Waiting {
  readonly record: InstanceRecord;
  readonly resolve: (outcome: ReceiveOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH = 64;
const RETRY_MS = 15_000;
const PAUSE_MS = 100;
/** Two writers met: unique violation, serialization failure, deadlock (PostgreSQL, appendix A). */
const COLLISIONS = new Set(['23505', '40001', '40P01']);
const MAX_COLLISIONS = 5;

function isCollision(error: unknown): boolean {
  return error instanceof Error && 'code' in error && COLLISIONS.has(String(error.code));
}

/**
 * Group commit: the rows of all associations that wait while one transaction commits go into the next one together.
 * `add` resolves only after the commit that holds its row.
 */
export class IndexWriter {
  private readonly options: IndexWriterOptions;
  private readonly queue: Waiting[] = [];
  private running = false;

  constructor(options: IndexWriterOptions) {
    this.options = options;
  }

  /**
   * @throws RadTriageError DATABASE_UNAVAILABLE, STORAGE_FAILED: unless `details.refused` is true, the row may have
   * been committed all the same.
   */
  add(record: InstanceRecord): Promise<ReceiveOutcome> {
    return new Promise((resolve, reject) => {
      this.queue.push({ record, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    while (this.queue.length > 0) await this.settle(this.queue.splice(0, MAX_BATCH));
    this.running = false;
  }

  private async settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.commit(batch.map(({ record }) => record));
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) reject(new RadTriageError('INTERNAL', 'no outcome'));
        else resolve(outcome);
      });
    } catch (error) {
      const [only] = batch;
      if (batch.length > 1 && !isConnectionLoss(error)) {
        // One row that Postgres refuses must not fail those that it was grouped with.
        for (const waiting of batch) await this.settle([waiting]);
      } else if (batch.length === 1) {
        only?.reject(this.asIndexError(error));
      } else {
        for (const { reject } of batch) reject(this.asIndexError(error));
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
    const { database, rules, logger } = this.options;
    const deadline = Date.now() + (this.options.retryMs ?? RETRY_MS);
    let collisions = 0;
    let isAway = false;
    for (;;) {
      try {
        return await database.transaction().execute((trx) => storeRecords(trx, records, rules));
      } catch (error) {
        if (isCollision(error) && collisions < MAX_COLLISIONS) {
          collisions += 1;
          continue;
        }
        if (!isConnectionLoss(error) || Date.now() >= deadline) throw error;
        if (!isAway) logger.warn({ err: error }, 'the database is away, trying again');
        isAway = true;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}
