import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { readSystemCalls, type SystemCall } from '#tests/support/system-calls.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const CALLS = 'write,writev,pwrite64,pwritev,sendto,fdatasync,fsync,rename,renameat2,mkdir';
const WRITES = new Set(['write', 'writev', 'pwrite64', 'pwritev']);

/** The first call after a moment that fits, or a fault with the name of what is missing. */
class Timeline {
  private readonly calls: readonly SystemCall[];
  readonly faults: string[] = [];

  constructor(calls: readonly SystemCall[]) {
    this.calls = calls.filter((call) => !call.failed);
  }

  all(fits: (call: SystemCall) => boolean): SystemCall[] {
    return this.calls.filter(fits);
  }

  between(
    span: { after: number; before: number; what: string },
    fits: (call: SystemCall) => boolean,
  ): SystemCall | undefined {
    const found = this.calls.find(
      (call) => call.start >= span.after && call.end <= span.before && fits(call),
    );
    if (found === undefined) this.faults.push(span.what);
    return found;
  }
}

/**
 * What has to have happened, in this order, before each Success: the bytes synced, the file renamed, its directory
 * synced (and every directory made above it), the row sent, the commit flushed to Postgres' log.
 * @returns one fault per thing that was missing
 */
function findFaults(calls: readonly SystemCall[]): { answers: number; faults: string[] } {
  const timeline = new Timeline(calls);
  const answers = timeline.all((call) => call.arguments.includes('"SUCCESS instances/'));
  for (const answer of answers) {
    const path = /SUCCESS (instances\/[\w/.]+)/.exec(answer.arguments)?.[1] ?? '';
    const id = basename(path, '.dcm');
    const before = answer.start;
    const ofFile = (call: SystemCall): boolean => call.arguments.includes(`/incoming/${id}~`);
    const writes = timeline.all((call) => WRITES.has(call.name) && ofFile(call));
    const written = Math.max(...writes.map((call) => call.end));
    if (writes.length < 2) timeline.faults.push('several writes');
    const synced = timeline.between(
      { after: written, before, what: 'file sync' },
      (call) => call.name === 'fdatasync' && ofFile(call),
    );
    const renamed = timeline.between(
      { after: synced?.end ?? written, before, what: 'rename' },
      (call) => call.name.startsWith('rename') && call.arguments.includes(`${path}"`),
    );
    const named = timeline.between(
      { after: renamed?.end ?? written, before, what: 'directory sync' },
      (call) => call.name === 'fsync' && call.arguments.includes(`/${dirname(path)}>`),
    );
    const made = timeline.all((call) => call.name === 'mkdir' && call.end <= before);
    for (const folder of made) {
      const name = /"([^"]+)"/.exec(folder.arguments)?.[1] ?? '';
      const relative = name.slice(name.indexOf('instances'));
      if (!name.includes('/instances') || !path.startsWith(relative)) continue;
      timeline.between(
        { after: folder.end, before, what: 'parent sync' },
        (call) => call.name === 'fsync' && call.arguments.includes(`${dirname(name)}>`),
      );
    }
    const row = timeline.between(
      { after: named?.end ?? written, before, what: 'row' },
      (call) => call.arguments.includes('TCP') && call.arguments.includes(path),
    );
    const commit = timeline.between(
      { after: row?.end ?? written, before, what: 'commit' },
      (call) => call.arguments.includes('TCP') && /commit/i.test(call.arguments),
    );
    timeline.between(
      { after: commit?.start ?? written, before, what: 'log flush' },
      (call) => call.name === 'fdatasync' && call.arguments.includes('/pg_wal/'),
    );
  }
  return { answers: answers.length, faults: [...new Set(timeline.faults)].sort() };
}

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

  function trace(without: string, load: { senders: number; objects: number }) {
    const log = join(directory.path, `${without}-${load.senders}.strace`);
    const script = fileURLToPath(new URL('./traced-receiver.ts', import.meta.url));
    const argument = JSON.stringify({ directory: directory.path, without, ...load });
    const options = ['-f', '--seccomp-bpf', '-ttt', '-T', '-yy', '-s', '65536', '-e'];
    const run = spawnSync(
      peerPath('strace'),
      [...options, `trace=${CALLS}`, '-o', log, process.execPath, script, argument],
      { encoding: 'utf8' },
    );
    expect(run.status, run.stderr).toBe(0);
    return findFaults(readSystemCalls(log));
  }

  it('is the bytes, the names and the row, with one sender', () => {
    expect(trace('nothing', { senders: 1, objects: 6 })).toEqual({ answers: 6, faults: [] });
  });

  it('is the same for each of eight senders whose rows go into common commits', () => {
    const load = { senders: 8, objects: 3 };
    expect(trace('nothing', load)).toEqual({ answers: 24, faults: [] });
  });

  it.each([
    ['file', 'file sync'],
    ['directory', 'directory sync'],
    ['parent', 'parent sync'],
    ['commit', 'log flush'],
  ])('misses the %s sync when that is taken out', (without, fault) => {
    const { answers, faults } = trace(without, { senders: 1, objects: 6 });
    expect(answers).toBe(6);
    expect(faults).toEqual([fault]);
  });
});
