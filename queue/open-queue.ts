import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { JobQueue, QueueBackend } from './backends/backend.ts';
import { createPostgresQueueBackend } from './backends/postgres.ts';
import { createRedisQueueBackend } from './backends/redis.ts';
import { isJobName, JOB_CONTRACTS, type JobName, listJobNames } from './contracts.ts';
import type { JobHandler } from './handlers.ts';
import { type QueueWorker, startWorker, type WorkerOptions } from './worker.ts';

/** What the queue knows of a job id; `unknown` when it holds nothing of it. */
export type JobStanding = 'open' | 'completed' | 'failed' | 'unknown';

interface JobRequest {
  readonly job: string;
  readonly jobId: string;
  readonly payload: unknown;
  /** 0 goes first. */
  readonly priority?: number | undefined;
}

export interface QueueProducer {
  /**
   * Hands a job over; one whose id the queue still holds is ignored.
   * @throws RadTriageError REQUEST_INVALID (no such job, or not what its contract says), QUEUE_UNAVAILABLE.
   */
  enqueue(request: JobRequest): Promise<void>;
  /** @throws RadTriageError QUEUE_UNAVAILABLE */
  standingOf(job: JobName, jobId: string): Promise<JobStanding>;
  /** @throws RadTriageError QUEUE_UNAVAILABLE */
  isKnown(job: JobName, jobId: string): Promise<boolean>;
  /** Puts a failed job back to work under its own id; false when it is not among the failed. */
  retry(job: JobName, jobId: string): Promise<boolean>;
}

interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

export interface OpenedQueue {
  readonly kind: 'postgres' | 'redis';
  readonly producer: QueueProducer;
  /** @throws RadTriageError CONFIG_INVALID unless every kind of job has exactly one handler. */
  createWorker(handlers: readonly JobHandler[], options: WorkerOptions): QueueWorker;
  health(): Promise<{ status: 'ok' | 'down'; detail: string | null }>;
  counts(): Promise<Record<JobName, QueueCounts>>;
  close(): Promise<void>;
}

export interface QueueOptions {
  /** redis://, rediss:// or postgresql://; without it the jobs live in the database. */
  readonly queueUrl?: string | undefined;
  readonly databaseUrl: string;
  readonly logger: Logger;
  /** How long to wait at start for a queue that is not there yet. */
  readonly openDeadlineMs?: number | undefined;
  /**
   * Do not wait, and do not fail: the queue is opened once its server is there, and until then every call says
   * QUEUE_UNAVAILABLE. For a process that has to serve meanwhile: the outbox keeps what it has to send.
   */
  readonly inBackground?: boolean | undefined;
}

const ANSWER_DEADLINE_MS = 5_000;
const OPEN_DEADLINE_MS = 30_000;
const RETRY_MS = 250;
/** Completed jobs stay known, so that the outbox may send them again without a second run. */
const KEEP_COMPLETED = { age: 7 * 24 * 3600, count: 20_000 };
/** BullMQ takes 1 for the most urgent; 0 would mean "before all that have a priority". */
const FIRST_PRIORITY = 1;

async function inTime<T>(work: Promise<T>, ms = ANSWER_DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } catch (cause) {
    throw new RadTriageError('QUEUE_UNAVAILABLE', 'the queue cannot be reached', { cause });
  } finally {
    clearTimeout(timer);
  }
}

function standingFrom(state: string): JobStanding {
  if (state === 'completed' || state === 'failed' || state === 'unknown') return state;
  return 'open';
}

function createProducer(queueOf: (name: JobName) => JobQueue): QueueProducer {
  const standingOf = async (job: JobName, jobId: string): Promise<JobStanding> =>
    standingFrom(await inTime(queueOf(job).getJobState(jobId)));
  return {
    enqueue: async ({ job, jobId, payload, priority }) => {
      if (!isJobName(job)) throw new RadTriageError('REQUEST_INVALID', `no such job: ${job}`);
      const contract = JOB_CONTRACTS[job];
      const parsed = contract.payload.safeParse(payload);
      if (!parsed.success || jobId === '' || jobId.includes(':')) {
        throw new RadTriageError('REQUEST_INVALID', `job ${jobId} breaks the contract of ${job}`, {
          cause: parsed.error,
        });
      }
      const options = {
        jobId,
        attempts: contract.attempts,
        priority: (priority ?? 0) + FIRST_PRIORITY,
        backoff: { type: 'exponential', delay: contract.backoffMs },
        removeOnComplete: KEEP_COMPLETED,
        removeOnFail: false,
      } as const;
      await inTime(queueOf(job).add(job, parsed.data, options));
    },
    standingOf,
    isKnown: async (job, jobId) => (await standingOf(job, jobId)) !== 'unknown',
    retry: async (job, jobId) => {
      const found = await inTime(queueOf(job).getJob(jobId));
      if (found === undefined || !(await inTime(found.isFailed()))) return false;
      await inTime(found.retry('failed'));
      return true;
    },
  };
}

/** Tries until the server is there, the deadline has passed, or nobody wants it any more. */
async function prepare(
  backend: QueueBackend,
  deadlineMs: number,
  isWanted: () => boolean,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      await backend.prepare();
      return;
    } catch (error) {
      if (Date.now() >= deadline || !isWanted()) throw toRadTriageError(error, 'QUEUE_UNAVAILABLE');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function chooseBackend({ queueUrl, databaseUrl }: QueueOptions): QueueBackend {
  const url = queueUrl ?? databaseUrl;
  return /^rediss?:/.test(url) ? createRedisQueueBackend(url) : createPostgresQueueBackend(url);
}

/** One BullMQ queue for each kind of job, opened when first asked for. */
class QueueSet {
  private readonly backend: QueueBackend;
  private readonly logger: Logger;
  private readonly queues = new Map<JobName, JobQueue>();
  isReady = false;

  constructor(backend: QueueBackend, logger: Logger) {
    this.backend = backend;
    this.logger = logger;
  }

  /** @throws RadTriageError QUEUE_UNAVAILABLE while the server has not been seen yet */
  get(name: JobName): JobQueue {
    if (!this.isReady) throw new RadTriageError('QUEUE_UNAVAILABLE', 'the queue is not there yet');
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const onError = (error: Error): void => this.logger.debug({ err: error }, 'queue connection');
    const opened = this.backend.openQueue(name, onError);
    this.queues.set(name, opened);
    opened.waitUntilReady().catch(() => {
      // BullMQ looks at its server once; when that fails, this queue never works: the next call opens another.
      if (this.queues.get(name) === opened) this.queues.delete(name);
      void opened.close().catch(() => undefined);
    });
    return opened;
  }

  async count(name: JobName): Promise<QueueCounts> {
    const types = ['waiting', 'prioritized', 'active', 'delayed', 'failed'];
    const counts = await inTime(this.get(name).getJobCounts(...types));
    const waiting = (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0);
    const { active = 0, delayed = 0, failed = 0 } = counts;
    return { waiting, active, delayed, failed };
  }

  async health(): Promise<{ status: 'ok' | 'down'; detail: string | null }> {
    try {
      await Promise.all(listJobNames().map((name) => this.count(name)));
      return { status: 'ok', detail: this.backend.kind };
    } catch (error) {
      return { status: 'down', detail: toRadTriageError(error, 'QUEUE_UNAVAILABLE').message };
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.queues.values()].map((queue) => queue.close().catch(() => undefined)),
    );
  }
}

/**
 * Opens the queue, waiting for its server if need be.
 * @throws RadTriageError QUEUE_UNAVAILABLE, unless `inBackground`
 */
export async function openQueue(options: QueueOptions): Promise<OpenedQueue> {
  const { logger, inBackground = false } = options;
  const backend = chooseBackend(options);
  const set = new QueueSet(backend, logger);
  let closed = false;
  const ready = Promise.withResolvers<void>();
  const open = async (deadlineMs: number): Promise<void> => {
    await prepare(backend, deadlineMs, () => !closed);
    set.isReady = true;
    ready.resolve();
    for (const name of listJobNames()) await inTime(set.get(name).waitUntilReady());
  };
  let opening = Promise.resolve();
  if (inBackground) {
    opening = open(Number.POSITIVE_INFINITY).catch((error: unknown) =>
      logger.warn({ err: error }, 'the queue is not there yet'),
    );
  } else {
    await open(options.openDeadlineMs ?? OPEN_DEADLINE_MS);
  }
  const queueOf = (name: JobName): JobQueue => set.get(name);
  return {
    kind: backend.kind,
    producer: createProducer(queueOf),
    createWorker: (handlers, workerOptions) =>
      startWorker(handlers, { ...workerOptions, backend, queueOf, ready: ready.promise }),
    health: () => set.health(),
    counts: async () => ({
      triage: await set.count('triage'),
      shadow: await set.count('shadow'),
      explain: await set.count('explain'),
    }),
    close: async () => {
      closed = true;
      await opening;
      await set.close();
    },
  };
}
