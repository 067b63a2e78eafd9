import { describe, expect, it } from 'vitest';
import { createLogger } from '#platform/logger/logger.ts';
import { openQueue } from '#queue/open-queue.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { askRedis, startTestRedis } from '#tests/support/redis.ts';
import { describeQueue } from './queue-contract.ts';

describe.skipIf(missingPeer('redis-server'))('with Debian', () => {
  describeQueue('Redis', startTestRedis);

  it('jobs can be looked at with redis-cli under the keys that we name', async () => {
    const redis = await startTestRedis();
    const logger = createLogger({ level: 'silent', process: 'test' });
    const queue = await openQueue({ queueUrl: redis.url, databaseUrl: '', logger });
    const payload = { studyKey: '7', imageRevision: 'b'.repeat(64), runKey: '8', traceId: 'trace' };
    await queue.producer.enqueue({ job: 'triage', jobId: '7_b_1', payload, priority: 1 });
    const data = await askRedis(redis.port, 'HGET radtriage:triage:7_b_1 data');
    expect(data).toContain(JSON.stringify(payload));
    expect(await askRedis(redis.port, 'ZRANGE radtriage:triage:prioritized 0 -1')).toContain(
      '7_b_1',
    );
    await queue.close();
    await redis.stop();
  });
});
