import { expect, it } from 'vitest';
import type { Database } from '#platform/database/connect.ts';
import { createLogger } from '#platform/logger/logger.ts';
import type { JobQueue, JobWorker, QueueBackend } from '#queue/backends/backend.ts';
import type { JobHandler } from '#queue/handlers.ts';
import { startWorker } from '#queue/worker.ts';
import { waitFor } from '../../support/wait-for.ts';

const logger = createLogger({ level: 'silent', process: 'test' });
const handler: JobHandler<'triage'> = {
  job: 'triage',
  run: async () => undefined,
  giveUp: async () => undefined,
};

/** Its server goes away while the first worker looks at it. */
function failingOnce() {
  const opened: string[] = [];
  const closed: boolean[] = [];
  const backend: QueueBackend = {
    kind: 'postgres',
    openQueue: () => {
      throw new Error('no queue is wanted');
    },
    openWorker: (name): JobWorker => {
      opened.push(name);
      const isFirst = opened.length === 1;
      return {
        waitUntilReady: async () => {
          if (isFirst) throw new Error('Client has encountered a connection error');
        },
        close: async (force = false) => {
          closed.push(force);
        },
      };
    },
    prepare: async () => undefined,
  };
  return { backend, opened, closed };
}

it('a worker whose first look at its server failed is replaced', async () => {
  const { backend, opened, closed } = failingOnce();
  const noQueue = (): JobQueue => {
    throw new Error('no queue is wanted');
  };
  // The database is asked for failed jobs alone, and there are none without a queue.
  const database: Database = Object.create(null);
  const worker = startWorker([handler], {
    ...{ backend, queueOf: noQueue, ready: Promise.resolve() },
    ...{ jobs: ['triage'], concurrency: 1, database, logger },
  });
  await waitFor(() => opened.length === 2, { what: 'another worker', deadlineMs: 5_000 });
  expect(opened).toEqual(['triage', 'triage']);
  expect(closed).toEqual([true]);
  await worker.close();
  expect(closed).toEqual([true, false]);
});
