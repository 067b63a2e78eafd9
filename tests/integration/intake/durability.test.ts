import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { readSystemCalls } from '#tests/support/system-calls.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { findFileFaults, findJournalFaults } from './find-faults.ts';

const CALLS =
  'write,writev,pwrite64,pwritev,sendto,fdatasync,fsync,rename,renameat2,mkdir,openat,ftruncate';

/** Some containers forbid tracing (ptrace); where peers are required, that is a failure. */
function cannotTrace(): boolean {
  if (missingPeer('strace')) return true;
  if (spawnSync(peerPath('strace'), ['-o', '/dev/null', process.execPath, '-v']).status === 0)
    return false;
  if (process.env['RADTRIAGE_REQUIRE_PEERS'] === '1') throw new Error('strace may not trace here');
  process.stderr.write('SKIPPED, strace may not trace here (ptrace is forbidden)\n');
  return true;
}

describe.skipIf(cannotTrace())('what is on disk before Success (system-call trace)', () => {
  const directory = temporaryDirectory();

  beforeAll(async () => {
    const postgres = await startEmbeddedPostgres(join(directory.path, 'data'));
    const database = connectDatabase(postgres.url);
    await migrateDatabase(database);
    await database.destroy();
    await postgres.stop();
  });
  afterAll(directory.remove);

  interface Load {
    way: 'file' | 'journal';
    senders: number;
    objects: number;
  }

  function trace(without: string, load: Load) {
    const log = join(directory.path, `${load.way}-${without}-${load.senders}.strace`);
    const script = fileURLToPath(new URL('./traced-receiver.ts', import.meta.url));
    const argument = JSON.stringify({ directory: directory.path, without, ...load });
    const options = ['-f', '--seccomp-bpf', '-ttt', '-T', '-yy', '-s', '65536', '-e'];
    const run = spawnSync(
      peerPath('strace'),
      [...options, `trace=${CALLS}`, '-o', log, process.execPath, script, argument],
      { encoding: 'utf8' },
    );
    expect(run.status, run.stderr).toBe(0);
    const calls = readSystemCalls(log);
    return load.way === 'file' ? findFileFaults(calls) : findJournalFaults(calls);
  }

  describe('of a file', () => {
    it('is the bytes, the names and the row, with one sender', () => {
      const load = { way: 'file', senders: 1, objects: 6 } as const;
      expect(trace('nothing', load)).toEqual({ answers: 6, faults: [] });
    });

    it('is the same for each of eight senders whose rows go into common commits', () => {
      const load = { way: 'file', senders: 8, objects: 3 } as const;
      expect(trace('nothing', load)).toEqual({ answers: 24, faults: [] });
    });

    it.each([
      ['file', 'file sync'],
      ['directory', 'directory sync'],
      ['parent', 'parent sync'],
      ['commit', 'log flush'],
    ])('misses the %s sync when that is taken out', (without, fault) => {
      const { answers, faults } = trace(without, { way: 'file', senders: 1, objects: 3 });
      expect(answers).toBe(3);
      expect(faults).toEqual([fault]);
    });
  });

  describe('of the journal', () => {
    it('is bytes, record and name of the slot; and of the file all that a row relies on', () => {
      const load = { way: 'journal', senders: 1, objects: 6 } as const;
      expect(trace('nothing', load)).toEqual({ answers: 6, faults: [] });
    });

    it('is the same for each of eight senders who share batches', () => {
      const load = { way: 'journal', senders: 8, objects: 3 } as const;
      expect(trace('nothing', load)).toEqual({ answers: 24, faults: [] });
    });

    it.each([
      ['slot', 'slot sync'],
      ['journal', 'journal folder sync'],
      ['directory', 'directory sync'],
      ['parent', 'parent sync'],
      ['length', 'length sync'],
      ['commit', 'log flush'],
    ])('misses the %s sync when that is taken out', (without, fault) => {
      const { answers, faults } = trace(without, { way: 'journal', senders: 1, objects: 3 });
      expect(answers).toBe(3);
      expect(faults).toEqual([fault]);
    });
  });
});
