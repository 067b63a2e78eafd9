import type { JobHandler } from '#queue/handlers.ts';
import type { OpenedQueue } from '#queue/open-queue.ts';
import { giveUpShadow, type ShadowDependencies, shadowStudy } from './shadow-study.ts';

export interface ShadowWorkerOptions extends ShadowDependencies {
  readonly queue: Pick<OpenedQueue, 'createWorker'>;
}

function createShadowHandler(options: ShadowWorkerOptions): JobHandler<'shadow'> {
  return {
    job: 'shadow',
    run: (payload, context) => shadowStudy(payload, options, context.isLastAttempt),
    giveUp: (payload, error) => giveUpShadow(options.database, payload, error),
  };
}

/** Lets models in shadow see what has been analysed, one study at a time, until closed. */
export function startShadowWorker(options: ShadowWorkerOptions): { close(): Promise<void> } {
  const { queue, database, logger } = options;
  const worker = queue.createWorker([createShadowHandler(options)], {
    concurrency: 1,
    database,
    logger,
    jobs: ['shadow'],
  });
  return { close: () => worker.close() };
}
