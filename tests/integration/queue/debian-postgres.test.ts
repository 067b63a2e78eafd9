import { describe } from 'vitest';
import { missingPeer } from '#tests/support/peers.ts';
import { startDebianPostgres } from '#tests/support/postgres.ts';
import { describeQueue } from './queue-contract.ts';

describe.skipIf(missingPeer('postgres'))('with Debian', () => {
  describeQueue("Debian's Postgres", startDebianPostgres);
});
