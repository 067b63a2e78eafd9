import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '#platform/embedded-postgres/embedded-postgres.ts';
import { peerPath } from './peers.ts';
import { temporaryDirectory } from './temporary.ts';
import { waitFor } from './wait-for.ts';

export interface TestPostgres {
  readonly url: string;
  /** Ends the server as a power cut would, and starts it again on the same port. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** The embedded Postgres in a folder of its own. */
async function startTestPostgres(): Promise<TestPostgres & { embedded: EmbeddedPostgres }> {
  const directory = temporaryDirectory();
  const embedded = await startEmbeddedPostgres(directory.path);
  return {
    url: embedded.url,
    embedded,
    killAndRestart: async () => {
      const before = embedded.pid();
      if (before === undefined) throw new Error('the embedded Postgres is not running');
      process.kill(before, 'SIGKILL');
      await waitFor(() => embedded.pid() !== undefined && embedded.pid() !== before, {
        deadlineMs: 30_000,
        what: 'the embedded Postgres to be started again',
      });
    },
    stop: async () => {
      await embedded.stop();
      directory.remove();
    },
  };
}

export interface TestDatabase extends TestPostgres {
  readonly embedded: EmbeddedPostgres;
  readonly database: Database;
}

/** The embedded Postgres with our schema and a pool. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const server = await startTestPostgres();
  const database = connectDatabase(server.url);
  await migrateDatabase(database);
  return {
    ...server,
    database,
    stop: async () => {
      await database.destroy();
      await server.stop();
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function isReady(url: string): Promise<boolean> {
  const database = connectDatabase(url, { poolSize: 1 });
  try {
    await database.selectNoFrom((expression) => expression.val(1).as('one')).execute();
    return true;
  } catch {
    return false;
  } finally {
    await database.destroy();
  }
}

/** Debian's Postgres on a free port of 127.0.0.1, as an unprivileged user. Ask `missingPeer('postgres')` first. */
export async function startDebianPostgres(): Promise<TestPostgres> {
  const directory = temporaryDirectory();
  const identity = userInfo().uid === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (identity.uid !== undefined) chownSync(directory.path, identity.uid, identity.gid ?? 0);
  const cluster = join(directory.path, 'cluster');
  mkdirSync(cluster, { mode: 0o700 });
  if (identity.uid !== undefined) chownSync(cluster, identity.uid, identity.gid ?? 0);
  const postgres = peerPath('postgres');
  const initdb = spawnSync(
    join(dirname(postgres), 'initdb'),
    ['-D', cluster, '--username=tester', '--auth=trust', '--encoding=UTF8', '--locale=C', '-N'],
    { ...identity, cwd: '/', encoding: 'utf8' },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}`);
  const port = await freePort();
  const url = `postgresql://tester@127.0.0.1:${port}/postgres`;
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const launch = async (): Promise<ChildProcess> => {
    const started = spawn(postgres, ['-D', cluster, '-p', String(port), ...settings], {
      ...identity,
      cwd: '/',
      stdio: 'ignore',
    });
    await waitFor(() => isReady(url), { deadlineMs: 30_000, what: "Debian's Postgres" });
    return started;
  };
  let child = await launch();
  const end = async (name: NodeJS.Signals): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill(name);
    await exit;
  };
  return {
    url,
    killAndRestart: async () => {
      await end('SIGKILL');
      child = await launch();
    },
    stop: async () => {
      await end('SIGINT');
      directory.remove();
    },
  };
}
