import { hostname } from 'node:os';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { JobHandler } from '#queue/handlers.ts';
import type { OpenedQueue } from '#queue/open-queue.ts';
import type { TriageDependencies } from './dependencies.ts';
import { giveUpStudy } from './give-up.ts';
import { triageStudy } from './triage-study.ts';

export interface TriageWorkerOptions extends TriageDependencies {
  readonly queue: Pick<OpenedQueue, 'createWorker'>;
  /** Studies analysed at once; more than the runtime has processes gains little. */
  readonly concurrency: number;
}

export interface TriageWorker {
  /** Lets running jobs end, for a while; what is cut off is taken over by the next worker. */
  close(): Promise<void>;
}

const HEARTBEAT_MS = 5_000;

/** What this process does with triage jobs. */
function createTriageHandler(dependencies: TriageDependencies): JobHandler<'triage'> {
  return {
    job: 'triage',
    run: (payload) => triageStudy(payload, dependencies),
    giveUp: (payload, error) => giveUpStudy(dependencies.database, payload, error),
  };
}

/** Takes triage jobs from the queue until closed, and shows a sign of life in the heartbeat table. */
export async function startTriageWorker(options: TriageWorkerOptions): Promise<TriageWorker> {
  const { queue, concurrency, database, logger } = options;
  await beat(database);
  const worker = queue.createWorker([createTriageHandler(options)], {
    concurrency,
    database,
    logger,
    jobs: ['triage'],
  });
  const timer = setInterval(() => void tryToBeat(database, logger), HEARTBEAT_MS);
  return {
    close: async () => {
      clearInterval(timer);
      await worker.close();
    },
  };
}

async function beat(database: Database): Promise<void> {
  const row = { at: new Date(), details: JSON.stringify({ pid: process.pid }) };
  await database
    .insertInto('heartbeat')
    .values({ process: `worker:${hostname()}`, ...row })
    .onConflict((conflict) => conflict.column('process').doUpdateSet(row))
    .execute();
}

async function tryToBeat(database: Database, logger: Logger): Promise<void> {
  try {
    await beat(database);
  } catch (error) {
    logger.debug({ err: error }, 'no heartbeat');
  }
}
