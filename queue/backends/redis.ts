import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type QueueBackend, WORKER_TIMINGS } from './backend.ts';

/**
 * Prefix of every key. With redis-cli: `HGETALL radtriage:triage:<jobId>` is one job, `ZRANGE
 * radtriage:triage:prioritized 0 -1` those that wait, `LRANGE radtriage:triage:active 0 -1` those that run,
 * `ZRANGE radtriage:triage:completed 0 -1` and `:failed` those that ended.
 */
const REDIS_PREFIX = 'radtriage';

const MAX_RECONNECT_DELAY_MS = 2_000;

function reconnectDelay(attempt: number): number {
  return Math.min(100 * 2 ** Math.min(attempt, 5), MAX_RECONNECT_DELAY_MS);
}

/** @param url redis:// or rediss:// */
export function createRedisQueueBackend(url: string): QueueBackend {
  const connection = { url, retryStrategy: reconnectDelay };
  return {
    kind: 'redis',
    openQueue: (name, onError) => {
      // A sender must hear of a Redis that is away: the outbox keeps the job meanwhile.
      const queue = new Queue(name, {
        connection: { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1 },
        prefix: REDIS_PREFIX,
      });
      queue.on('error', onError);
      return queue;
    },
    openWorker: (name, { processor, concurrency, onError }) => {
      const worker = new Worker(name, processor, {
        connection: { ...connection, maxRetriesPerRequest: null },
        prefix: REDIS_PREFIX,
        concurrency,
        ...WORKER_TIMINGS,
      });
      worker.on('error', onError);
      return worker;
    },
    prepare: async () => {
      const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
      redis.on('error', () => undefined);
      try {
        await redis.connect();
        await redis.ping();
      } finally {
        redis.disconnect();
      }
    },
  };
}
