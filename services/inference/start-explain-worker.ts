import type { JobHandler } from '#queue/handlers.ts';
import type { OpenedQueue } from '#queue/open-queue.ts';
import { type ExplainDependencies, explainStudy, giveUpExplanations } from './explain-study.ts';

export interface ExplainWorkerOptions extends ExplainDependencies {
  readonly queue: Pick<OpenedQueue, 'createWorker'>;
}

function createExplainHandler(options: ExplainWorkerOptions): JobHandler<'explain'> {
  return {
    job: 'explain',
    run: (payload, context) => explainStudy(payload, options, context.isLastAttempt),
    giveUp: (payload, error) => giveUpExplanations(options.database, payload, error),
  };
}

/** Explains scores whose results are stored, one study at a time, until closed. */
export function startExplainWorker(options: ExplainWorkerOptions): { close(): Promise<void> } {
  const { queue, database, logger } = options;
  const worker = queue.createWorker([createExplainHandler(options)], {
    concurrency: 1,
    database,
    logger,
    jobs: ['explain'],
  });
  return { close: () => worker.close() };
}
