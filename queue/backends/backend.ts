import type { Job, Processor } from 'bullmq';

/** What we use of a BullMQ queue, on either backend. */
export interface JobQueue {
  add(
    name: string,
    data: unknown,
    options: {
      jobId: string;
      attempts: number;
      priority: number;
      backoff: { type: 'exponential'; delay: number };
      removeOnComplete: { age: number; count: number };
      removeOnFail: false;
    },
  ): Promise<unknown>;
  getJobState(jobId: string): Promise<string>;
  getJob(jobId: string): Promise<Job | undefined>;
  getJobCounts(...types: string[]): Promise<Record<string, number>>;
  getFailed(start: number, end: number): Promise<Job[]>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}

/** What we use of a BullMQ worker. */
export interface JobWorker {
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<void>;
}

interface WorkerSettings {
  readonly processor: Processor;
  readonly concurrency: number;
  readonly onError: (error: Error) => void;
}

/** One place where jobs live. `name` is the kind of job: each kind has a queue of its own. */
export interface QueueBackend {
  readonly kind: 'postgres' | 'redis';
  openQueue(name: string, onError: (error: Error) => void): JobQueue;
  openWorker(name: string, settings: WorkerSettings): JobWorker;
  /** Makes ready what jobs need to live there. */
  prepare(): Promise<void>;
}

/**
 * A worker that died holds its job this long, then another takes it over. Jobs compute in other processes, so the
 * event loop that renews the lock is never blocked for long.
 */
export const WORKER_TIMINGS = {
  lockDuration: 15_000,
  stalledInterval: 5_000,
  maxStalledCount: 3,
  /** After its server was away a worker looks again this soon; BullMQ would wait 15 s. */
  runRetryDelay: 500,
};
