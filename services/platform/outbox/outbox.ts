import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

/** Says that the outbox has something to send. The payload is empty. */
export const OUTBOX_CHANNEL = 'radtriage_outbox';

export interface OutboxEntry {
  readonly job: string;
  /** Fixed for good, so that the queue takes it in once however often it is sent. No colon. */
  readonly jobId: string;
  /** Ids and a trace id, no data. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** 0 is the most urgent. */
  readonly priority?: number | undefined;
}

/**
 * Writes a job down within the transaction that makes it necessary: both happen or neither. The outbox pump sends it
 * once that has committed.
 */
export async function addToOutbox(trx: Kysely<DatabaseSchema>, entry: OutboxEntry): Promise<void> {
  await trx
    .insertInto('outbox')
    .values({
      job: entry.job,
      jobId: entry.jobId,
      payload: JSON.stringify(entry.payload),
      priority: entry.priority ?? 0,
      sentAt: null,
    })
    .execute();
  await sql`SELECT pg_notify(${OUTBOX_CHANNEL}, '')`.execute(trx);
}
