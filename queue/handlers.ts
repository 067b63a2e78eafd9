import { RadTriageError } from '#core/errors.ts';
import { type JobName, type JobPayload, listJobNames } from './contracts.ts';

export interface JobContext {
  readonly jobId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly isLastAttempt: boolean;
}

/** What is done with one kind of job. Both functions may run more than once for a job and must bear it. */
export interface JobHandler<N extends JobName = JobName> {
  readonly job: N;
  /** Throw a RadTriageError: a retryable one is tried again, any other gives up at once. */
  run(payload: JobPayload<N>, context: JobContext): Promise<void>;
  /** After the last try: write down that it failed. The dead letter is written besides. */
  giveUp(payload: JobPayload<N>, error: RadTriageError, context: JobContext): Promise<void>;
}

/**
 * The handler of each kind of job that this process works on.
 * @throws RadTriageError CONFIG_INVALID when a kind has no handler, or two.
 */
export function wireHandlers(
  handlers: readonly JobHandler[],
  jobs: readonly JobName[] = listJobNames(),
): ReadonlyMap<JobName, JobHandler> {
  const wired = new Map<JobName, JobHandler>();
  for (const handler of handlers) {
    if (wired.has(handler.job)) {
      throw new RadTriageError('CONFIG_INVALID', `the job ${handler.job} has two handlers`);
    }
    wired.set(handler.job, handler);
  }
  const missing = jobs.filter((job) => !wired.has(job));
  if (missing.length > 0) {
    throw new RadTriageError('CONFIG_INVALID', `no handler for the job ${missing.join(', ')}`);
  }
  return wired;
}
