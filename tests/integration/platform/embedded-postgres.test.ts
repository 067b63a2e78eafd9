import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { connectDatabase } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import { processesIn } from '#platform/embedded-postgres/processes.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function temporary(): string {
  const directory = temporaryDirectory();
  cleanups.push(directory.remove);
  return directory.path;
}

async function ask(url: string, query: string): Promise<unknown> {
  const database = connectDatabase(url, { poolSize: 1 });
  try {
    const { rows } = await sql<{ answer: unknown }>`${sql.raw(query)}`.execute(database);
    return rows[0]?.answer;
  } finally {
    await database.destroy();
  }
}

describe('embedded Postgres', () => {
  it('starts with durable settings on loopback, keeps its data over a restart, and asks for the password', async () => {
    const directory = temporary();
    const first = await startEmbeddedPostgres(directory);
    cleanups.push(() => first.stop());
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    expect(await ask(first.url, `SELECT current_setting('fsync') AS answer`)).toBe('on');
    expect(await ask(first.url, `SELECT current_setting('synchronous_commit') AS answer`)).toBe(
      'on',
    );
    expect(await ask(first.url, `SELECT current_setting('data_checksums') AS answer`)).toBe('on');
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    const stranger = new URL(first.url);
    stranger.password = 'wrong';
    await expect(ask(stranger.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect(statSync(join(first.directory, 'password')).mode & 0o777).toBe(0o600);
    await first.stop();

    const second = await startEmbeddedPostgres(directory);
    cleanups.push(() => second.stop());
    expect(await ask(second.url, 'SELECT value AS answer FROM kept')).toBe(42);
  });

  it('comes back on the same port after kill -9 with everything committed', async () => {
    const postgres = await startEmbeddedPostgres(temporary());
    cleanups.push(() => postgres.stop());
    await ask(postgres.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    const before = postgres.pid();
    process.kill(before ?? 0, 'SIGKILL');
    await waitFor(async () => (await ask(postgres.url, 'SELECT value AS answer FROM kept')) === 7, {
      deadlineMs: 30_000,
      what: 'the restarted Postgres to answer',
    });
    expect(postgres.pid()).not.toBe(before);
  });

  it('lets a pool survive kill -9 between two statements of a transaction', async () => {
    const postgres = await startEmbeddedPostgres(temporary());
    cleanups.push(() => postgres.stop());
    const database = connectDatabase(postgres.url);
    cleanups.push(() => database.destroy());
    const before = postgres.pid();
    const lost = database.transaction().execute(async (trx) => {
      await sql`SELECT 1`.execute(trx);
      process.kill(before ?? 0, 'SIGKILL');
      await waitFor(() => postgres.pid() !== before, { what: 'the death of Postgres' });
      await sql`SELECT 1`.execute(trx);
    });
    await expect(lost).rejects.toThrow();
    await waitFor(async () => (await sql`SELECT 1`.execute(database)).rows.length === 1, {
      deadlineMs: 30_000,
      what: 'the pool to reconnect',
    });
  });

  it('takes over from a supervisor that was killed, and refuses one that lives', async () => {
    const directory = temporary();
    const script = join(directory, 'supervisor.ts');
    const module = join(
      import.meta.dirname,
      '../../../services/platform/embedded-postgres/embedded-postgres.ts',
    );
    writeFileSync(
      script,
      `import { startEmbeddedPostgres } from ${JSON.stringify(module)};
       const postgres = await startEmbeddedPostgres(${JSON.stringify(join(directory, 'data'))});
       process.stdout.write(String(postgres.pid()));
       setInterval(() => undefined, 1000);`,
    );
    const supervisor = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said]: unknown[] = await once(supervisor.stdout, 'data');
    const orphan = Number(String(said));
    await expect(startEmbeddedPostgres(join(directory, 'data'))).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining(`process ${supervisor.pid}`),
    });
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    const cluster = join(directory, 'data', 'postgres', 'cluster');
    expect(processesIn(cluster)).toContain(orphan);
    const next = await startEmbeddedPostgres(join(directory, 'data'));
    cleanups.push(() => next.stop());
    expect(processesIn(cluster)).not.toContain(orphan);
    expect(await ask(next.url, 'SELECT 1 AS answer')).toBe(1);
  });

  it('starts although a stale pid file names a process that is somebody else', async () => {
    const directory = temporary();
    const first = await startEmbeddedPostgres(directory);
    await first.stop();
    const lines = [process.pid, 'x', 0, 0, '', '', '', 'ready'].join('\n');
    writeFileSync(join(first.directory, 'cluster', 'postmaster.pid'), `${lines}\n`);
    const second = await startEmbeddedPostgres(directory);
    cleanups.push(() => second.stop());
    expect(await ask(second.url, 'SELECT 1 AS answer')).toBe(1);
  });

  it('migrates when two processes do so at once', async () => {
    const postgres = await startEmbeddedPostgres(temporary());
    cleanups.push(() => postgres.stop());
    const pools = [connectDatabase(postgres.url), connectDatabase(postgres.url)];
    cleanups.push(() => Promise.all(pools.map((pool) => pool.destroy())));
    const done = await Promise.all(pools.map((pool) => migrateDatabase(pool)));
    // Each migration was run by one of the two, in order, and by one alone.
    const names = done.flat();
    expect(names).toContain('001-initial');
    expect(names).toEqual([...new Set(names)].sort());
  });

  it('says why a data directory is of no use', async () => {
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    await expect(startEmbeddedPostgres(join(file, 'data'))).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
    });
  });
});

describe.skipIf(userInfo().uid !== 0)('embedded Postgres started by root', () => {
  it('keeps the cluster elsewhere, and says where, when the data directory lies in a closed folder', async () => {
    const root = temporary();
    chmodSync(root, 0o755);
    const closed = join(root, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const systemDirectory = join(root, 'system');
    const data = join(closed, 'data');
    const first = await startEmbeddedPostgres(data, { systemDirectory });
    cleanups.push(() => first.stop());
    expect(first.directory.startsWith(systemDirectory)).toBe(true);
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    const location = join(data, 'postgres-location.json');
    expect(JSON.parse(readFileSync(location, 'utf8'))).toEqual({
      postgresDirectory: first.directory,
    });
    await ask(first.url, 'CREATE TABLE kept AS SELECT 3 AS value');
    await first.stop();
    const second = await startEmbeddedPostgres(data, { systemDirectory });
    cleanups.push(() => second.stop());
    expect(await ask(second.url, 'SELECT value AS answer FROM kept')).toBe(3);
  });

  it('does not pass over a database that it can no longer reach for an empty one', async () => {
    const root = temporary();
    const folder = join(root, 'folder');
    mkdirSync(folder, { mode: 0o755 });
    const first = await startEmbeddedPostgres(join(folder, 'data'));
    await first.stop();
    chmodSync(folder, 0o700);
    const systemDirectory = join(root, 'system');
    await expect(
      startEmbeddedPostgres(join(folder, 'data'), { systemDirectory }),
    ).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    expect(existsSync(systemDirectory)).toBe(false);
  });

  it('runs Postgres as an unprivileged user', async () => {
    const postgres = await startEmbeddedPostgres(temporary());
    cleanups.push(() => postgres.stop());
    expect(statSync(`/proc/${postgres.pid()}`).uid).toBe(65_534);
  });
});
