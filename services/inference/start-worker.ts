import { hostname } from 'node:os';
import { pid } from 'node:process';
import { isUsable, runnableModel } from '#models/registry/registry.ts';
import { startHeartbeat } from '#platform/heartbeat/heartbeat.ts';
import type { JobHandler } from '#queue/handlers.ts';
import type { OpenedQueue } from '#queue/open-queue.ts';
import type { ActiveWork } from './active-work.ts';
import type { TriageDependencies } from './dependencies.ts';
import { giveUpStudy } from './give-up.ts';
import { triageStudy } from './triage-study.ts';

export interface TriageWorkerOptions extends TriageDependencies {
  readonly queue: Pick<OpenedQueue, 'createWorker'>;
  /** Studies analysed at once; more than the runtime has processes gains little. */
  readonly concurrency: number;
  /** Told while a study is analysed, so that what nobody waits for stands aside. */
  readonly activeWork?: ActiveWork | undefined;
  /** Told of each triage job that was run, for metrics. */
  readonly onRun?: ((outcome: 'done' | 'failed', seconds: number) => void) | undefined;
}

export interface TriageWorker {
  /** Lets running jobs end, for a while; what is cut off is taken over by the next worker. */
  close(): Promise<void>;
}

/** What this process does with triage jobs. */
function createTriageHandler(options: TriageWorkerOptions): JobHandler<'triage'> {
  return {
    job: 'triage',
    run: async (payload) => {
      const startedAt = performance.now();
      let outcome: 'done' | 'failed' = 'failed';
      try {
        const triage = () => triageStudy(payload, options);
        await (options.activeWork?.during(triage) ?? triage());
        outcome = 'done';
      } finally {
        options.onRun?.(outcome, (performance.now() - startedAt) / 1000);
      }
    },
    giveUp: (payload, error) => giveUpStudy(options.database, payload, error),
  };
}

/** Takes triage jobs from the queue until closed, and shows a sign of life in the heartbeat table. */
export function startTriageWorker(options: TriageWorkerOptions): TriageWorker {
  const { queue, concurrency, database, logger } = options;
  const told: EngineDetails = { providers: {}, declined: {} };
  const process = `worker:${hostname()}`;
  // Told anew at each beat, as the models come up.
  const details = { pid, ...told };
  const heartbeat = startHeartbeat({ database, process, logger, details });
  const warming = warmUp(options, told);
  const worker = queue.createWorker([createTriageHandler(options)], {
    concurrency,
    database,
    logger,
    jobs: ['triage'],
  });
  return {
    close: async () => {
      heartbeat.close();
      await worker.close();
      await warming;
    },
  };
}

/** Of each model, by its id: where it runs, and which providers declined it before, with their reasons. */
interface EngineDetails {
  readonly providers: Record<string, string>;
  readonly declined: Record<string, readonly string[]>;
}

/** Loads what may run, and reports for each model the execution provider that a profiled run really used. */
async function warmUp(
  { registry, engine: { runtime }, logger }: TriageDependencies,
  { providers, declined: declinedBy }: EngineDetails,
): Promise<void> {
  try {
    const models = (await registry.list()).filter((model) => model.role === 'active');
    for (const { id, problem } of models) {
      if (problem !== undefined) logger.error({ modelId: id, code: problem.code }, 'model refused');
    }
    const usable = models.filter(isUsable);
    await runtime.warmUp(usable.map(runnableModel));
    for (const model of usable) {
      const { provider, declined, batch, notes } = await runtime.load(runnableModel(model));
      providers[model.id] = provider;
      declinedBy[model.id] = declined;
      logger.info({ modelId: model.id, provider, declined, batch, notes }, 'model loaded');
    }
  } catch (error) {
    logger.warn({ err: error }, 'models are loaded when they are first used');
  }
}
