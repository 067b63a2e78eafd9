import { DelayedError, type Job, UnrecoverableError } from 'bullmq';
import { type RadTriageError, toRadTriageError } from '#core/errors.ts';
import { asDatabaseError, type Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { JobQueue, JobWorker, QueueBackend } from './backends/backend.ts';
import { attemptsAfter, JOB_CONTRACTS, type JobName } from './contracts.ts';
import { withoutDeadLetter, writeDeadLetter } from './dead-letters.ts';
import { type JobContext, type JobHandler, wireHandlers } from './handlers.ts';

export interface WorkerOptions {
  /** Jobs of each kind that run at once. */
  readonly concurrency: number;
  readonly database: Database;
  readonly logger: Logger;
  /** The kinds this process works on; all without it. */
  readonly jobs?: readonly JobName[] | undefined;
  /** How often to look for jobs that failed unseen, milliseconds. */
  readonly reconcileMs?: number | undefined;
}

export interface QueueWorker {
  /** Lets running jobs end, for at most `deadlineMs`; what is cut off is taken over by the next worker. */
  close(deadlineMs?: number): Promise<void>;
}

interface Surroundings extends WorkerOptions {
  readonly backend: QueueBackend;
  readonly queueOf: (name: JobName) => JobQueue;
  /** Resolves once the queue's server has been seen and prepared: before that a worker would only spin. */
  readonly ready: Promise<void>;
}

/** While the database is away a job waits this long, and the try does not count. */
const DATABASE_PAUSE_MS = 1_000;
const RECONCILE_MS = 15_000;
const FAILED_PER_LOOK = 100;
const CLOSE_DEADLINE_MS = 20_000;
/** A worker whose first connection failed is replaced after this. */
const REOPEN_MS = 500;
/** The same fault of a connection is told this often, not at every attempt. */
const REPEAT_FAULT_MS = 10_000;

/** Tells a fault when it is new, and again every few seconds while it lasts. */
function tellFaults(logger: Logger): (error: Error) => void {
  let last = { message: '', at: 0 };
  return (error) => {
    const now = Date.now();
    if (error.message === last.message && now - last.at < REPEAT_FAULT_MS) return;
    last = { message: error.message, at: now };
    logger.warn({ err: error }, 'queue connection');
  };
}

function contextOf(job: Job, attempt: number): JobContext {
  const attempts = job.opts.attempts ?? 1;
  return { jobId: job.id ?? '', attempt, isLastAttempt: attempt >= attempts };
}

/** Runs one job and sorts what it throws: wait for the database, try again, or give up. */
async function processJob(
  job: Job,
  token: string | undefined,
  { handler, options }: { handler: JobHandler; options: WorkerOptions },
): Promise<void> {
  const context = contextOf(job, job.attemptsMade + 1);
  const parsed = JOB_CONTRACTS[handler.job].payload.safeParse(job.data);
  if (!parsed.success) {
    // Handlers get only what keeps the contract; a dead letter shows the rest.
    const error = toRadTriageError(parsed.error, 'REQUEST_INVALID');
    await writeDeadLetter(options.database, describe(handler.job, job, context.attempt), error);
    throw new UnrecoverableError(error.message);
  }
  try {
    await handler.run(parsed.data, context);
  } catch (thrown) {
    const error = toRadTriageError(asDatabaseError(thrown));
    const facts = { job: handler.job, jobId: context.jobId, attempt: context.attempt };
    options.logger.warn({ ...facts, code: error.code, err: error }, 'a job failed');
    if (error.code === 'DATABASE_UNAVAILABLE' && token !== undefined) {
      await job.moveToDelayed(Date.now() + DATABASE_PAUSE_MS, token);
      throw new DelayedError();
    }
    const isLast =
      context.isLastAttempt || context.attempt >= attemptsAfter(handler.job, error.code);
    if (error.retryable && !isLast) throw error;
    await handler.giveUp(parsed.data, error, context);
    await writeDeadLetter(options.database, describe(handler.job, job, context.attempt), error);
    throw new UnrecoverableError(error.message);
  }
}

function describe(name: JobName, job: Job, attempts: number) {
  const payload: Record<string, unknown> = typeof job.data === 'object' ? { ...job.data } : {};
  return { job: name, jobId: job.id ?? '', payload, attempts };
}

/**
 * Finds jobs that failed without having been written down: those whose worker died too often, and those that gave up
 * while the database was away.
 */
async function reconcile(handler: JobHandler, { queueOf, database, logger }: Surroundings) {
  const failed = await queueOf(handler.job).getFailed(0, FAILED_PER_LOOK - 1);
  const open = await withoutDeadLetter(
    database,
    failed.map((job) => job.id ?? ''),
  );
  for (const job of failed) {
    if (!open.has(job.id ?? '')) continue;
    const error = toRadTriageError(new Error(job.failedReason || 'the worker died'), 'INTERNAL');
    logger.error({ job: handler.job, jobId: job.id }, 'a job failed unseen');
    const parsed = JOB_CONTRACTS[handler.job].payload.safeParse(job.data);
    if (parsed.success) await handler.giveUp(parsed.data, error, contextOf(job, job.attemptsMade));
    await writeDeadLetter(database, describe(handler.job, job, job.attemptsMade), error);
  }
}

/** @throws RadTriageError CONFIG_INVALID unless every kind of job has exactly one handler. */
export function startWorker(
  handlers: readonly JobHandler[],
  surroundings: Surroundings,
): QueueWorker {
  const { backend, concurrency, logger } = surroundings;
  const wired = wireHandlers(handlers, surroundings.jobs);
  const workers = new Map<JobName, JobWorker>();
  const onError = tellFaults(logger);
  let closed = false;
  const open = (name: JobName, handler: JobHandler): void => {
    if (closed) return;
    const processor = (job: Job, token?: string) =>
      processJob(job, token, { handler, options: surroundings });
    const worker = backend.openWorker(name, { processor, concurrency, onError });
    workers.set(name, worker);
    worker.waitUntilReady().catch(() => {
      // BullMQ looks at its server once; when that fails, it never asks again and every later call fails with it.
      void worker.close(true).catch(() => undefined);
      setTimeout(() => open(name, handler), REOPEN_MS);
    });
  };
  void surroundings.ready.then(() => {
    for (const [name, handler] of wired) open(name, handler);
  });
  let looking = Promise.resolve();
  const look = (): void => {
    looking = looking
      .then(async () => {
        for (const handler of wired.values()) await reconcile(handler, surroundings);
      })
      .catch((error: RadTriageError) => logger.debug({ err: error }, 'failed jobs not looked at'));
  };
  look();
  const looker = setInterval(look, surroundings.reconcileMs ?? RECONCILE_MS);
  return {
    close: async (deadlineMs = CLOSE_DEADLINE_MS) => {
      closed = true;
      clearInterval(looker);
      const gentle = Promise.all([...workers.values()].map((worker) => worker.close())).catch(
        (error: unknown) => logger.warn({ err: error }, 'worker close'),
      );
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, deadlineMs);
      });
      await Promise.race([gentle, late]);
      clearTimeout(timer);
      await looking;
    },
  };
}
