import { hostname } from 'node:os';
import { isUsable, runnableModel } from '#models/registry/registry.ts';
import type { Database } from '#platform/database/connect.ts';
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
  const providers: Record<string, string> = {};
  await beat(database, providers);
  const warming = warmUp(options, providers);
  const worker = queue.createWorker([createTriageHandler(options)], {
    concurrency,
    database,
    logger,
    jobs: ['triage'],
  });
  const timer = setInterval(() => void tryToBeat(options, providers), HEARTBEAT_MS);
  return {
    close: async () => {
      clearInterval(timer);
      await worker.close();
      await warming;
    },
  };
}

/** Loads what may run, and reports for each model the execution provider that a profiled run really used. */
async function warmUp(
  { registry, runtime, logger }: TriageDependencies,
  providers: Record<string, string>,
): Promise<void> {
  try {
    const models = (await registry.list()).filter((model) => model.role !== 'retired');
    for (const { id, problem } of models) {
      if (problem !== undefined) logger.error({ modelId: id, code: problem.code }, 'model refused');
    }
    const usable = models.filter(isUsable);
    await runtime.warmUp(usable.map(runnableModel));
    for (const model of usable) {
      const { provider, declined } = await runtime.load(runnableModel(model));
      providers[model.id] = provider;
      logger.info({ modelId: model.id, provider, declined }, 'model loaded');
    }
  } catch (error) {
    logger.warn({ err: error }, 'models are loaded when they are first used');
  }
}

async function beat(
  database: Database,
  providers: Readonly<Record<string, string>>,
): Promise<void> {
  const row = { at: new Date(), details: JSON.stringify({ pid: process.pid, providers }) };
  await database
    .insertInto('heartbeat')
    .values({ process: `worker:${hostname()}`, ...row })
    .onConflict((conflict) => conflict.column('process').doUpdateSet(row))
    .execute();
}

async function tryToBeat(
  { database, logger }: TriageDependencies,
  providers: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await beat(database, providers);
  } catch (error) {
    logger.debug({ err: error }, 'no heartbeat');
  }
}
