import { sql } from 'kysely';
import { toRadTriageError } from '#core/errors.ts';
import { type Database, listenToChannel } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { OUTBOX_CHANNEL } from '#platform/outbox/outbox.ts';
import { writeDeadLetter } from './dead-letters.ts';
import type { QueueProducer } from './open-queue.ts';

export interface OutboxPumpOptions {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly producer: QueueProducer;
  readonly logger: Logger;
  /** How often to look without being told, milliseconds. */
  readonly pollMs?: number | undefined;
}

export interface OutboxPump {
  close(): Promise<void>;
}

const POLL_MS = 2_000;
const BATCH = 100;
const PRUNE_MS = 3_600_000;

/** Sends one batch; true when there may be more. What the queue has taken in is marked, in that order. */
async function sendBatch({ database, producer, logger }: OutboxPumpOptions): Promise<boolean> {
  const rows = await database
    .selectFrom('outbox')
    .selectAll()
    .where('sentAt', 'is', null)
    .orderBy('priority')
    .orderBy('outboxId')
    .limit(BATCH)
    .execute();
  for (const row of rows) {
    try {
      await producer.enqueue(row);
    } catch (thrown) {
      const error = toRadTriageError(thrown);
      if (error.code !== 'REQUEST_INVALID') throw error;
      // It would never be taken in: shown as a dead letter rather than blocking the rest.
      logger.error(
        { job: row.job, jobId: row.jobId, code: error.code },
        'an outbox row is invalid',
      );
      await writeDeadLetter(database, { ...row, attempts: 0 }, error);
    }
    await database
      .updateTable('outbox')
      .set({ sentAt: sql<Date>`now()` })
      .where('outboxId', '=', row.outboxId)
      .execute();
  }
  return rows.length === BATCH;
}

async function prune(database: Database): Promise<void> {
  await database
    .deleteFrom('outbox')
    .where('sentAt', '<', sql<Date>`now() - interval '7 days'`)
    .execute();
}

/**
 * Moves what transactions have written into the outbox on to the queue: told by NOTIFY, and looking by itself in case
 * the telling was lost. While database or queue are away nothing is marked as sent. Several may run at once: a job
 * sent twice has the same id and is taken in once.
 */
export function startOutboxPump(options: OutboxPumpOptions): OutboxPump {
  const { database, logger } = options;
  let closed = false;
  let running = false;
  let asked = false;
  let current = Promise.resolve();
  let prunedAt = Date.now();
  let failing = false;

  const drain = async (): Promise<void> => {
    try {
      do {
        asked = false;
        while (!closed && (await sendBatch(options)));
      } while (asked && !closed);
      if (Date.now() - prunedAt > PRUNE_MS) {
        prunedAt = Date.now();
        await prune(database);
      }
      if (failing) logger.info({}, 'the outbox flows again');
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'the outbox waits');
      failing = true;
    } finally {
      running = false;
    }
  };
  const wake = (): void => {
    asked = true;
    if (running || closed) return;
    running = true;
    current = drain();
  };
  const listener = listenToChannel(options.databaseUrl, OUTBOX_CHANNEL, {
    onMessage: wake,
    onConnect: wake,
  });
  const timer = setInterval(wake, options.pollMs ?? POLL_MS);
  wake();
  return {
    close: async () => {
      closed = true;
      clearInterval(timer);
      await listener.close();
      await current;
    },
  };
}
