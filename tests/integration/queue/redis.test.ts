import { describe } from 'vitest';
import { missingPeer } from '#tests/support/peers.ts';
import { startTestRedis } from '#tests/support/redis.ts';
import { describeQueue } from './queue-contract.ts';

describe.skipIf(missingPeer('redis-server'))('with Debian', () => {
  describeQueue('Redis', startTestRedis);
});
