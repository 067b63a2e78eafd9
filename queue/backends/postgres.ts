import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import pg from 'pg';
import { type QueueBackend, WORKER_TIMINGS } from './backend.ts';

/** Schema of the queue's tables, beside our own in the same database. */
const QUEUE_SCHEMA = 'radtriage_queue';

/**
 * BullMQ takes connections out of a pool without listening to them: one that dies while lent out would end the
 * process. What was asked of it fails all the same, and is handled there.
 */
class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** @param url postgres:// or postgresql:// of the database in which the jobs live */
export function createPostgresQueueBackend(url: string): QueueBackend {
  const connection = {
    connectionString: url,
    schema: QUEUE_SCHEMA,
    max: 4,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    Client: SteadyClient,
  };
  return {
    kind: 'postgres',
    openQueue: (name, onError) => {
      const queue = new Queue(name, { connection }, createPostgresBackend);
      queue.on('error', onError);
      return queue;
    },
    openWorker: (name, { processor, concurrency, onError }) => {
      const options = { connection, concurrency, ...WORKER_TIMINGS };
      const worker = new Worker(name, processor, options, createPostgresBackend);
      worker.on('error', onError);
      return worker;
    },
    prepare: async () => {
      const client = new SteadyClient({ connectionString: url, connectionTimeoutMillis: 5_000 });
      await client.connect();
      try {
        await runMigrations(client, QUEUE_SCHEMA);
      } finally {
        await client.end();
      }
    },
  };
}
