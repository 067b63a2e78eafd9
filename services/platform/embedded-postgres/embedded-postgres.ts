import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { Logger } from '../logger/logger.ts';
import { locateBinaries, type PostgresBinaries } from './binaries.ts';
import { choosePostgresDirectory } from './cluster-directory.ts';
import { DATABASE_NAME, DATABASE_USER, initialiseCluster } from './initialise-cluster.ts';
import { holdsWithin, processesIn, readPostmaster, signal } from './processes.ts';
import { type Identity, POSTGRES_ENVIRONMENT, postgresIdentity } from './run-as.ts';
import { lockCluster } from './supervisor-lock.ts';

export interface EmbeddedPostgres {
  /** postgresql://... on 127.0.0.1, with the password: give it to child processes in their environment, never log it. */
  readonly url: string;
  /** Cluster, log and password lie in here. */
  readonly directory: string;
  /** The postmaster; another one after a restart. */
  pid(): number | undefined;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly logger?: Logger | undefined;
  /** Called once when Postgres keeps dying and is given up. */
  readonly onFailed?: ((error: RadTriageError) => void) | undefined;
  /** Where root keeps what an unprivileged account must reach; see choosePostgresDirectory. */
  readonly systemDirectory?: string | undefined;
}

const SYSTEM_DIRECTORY = '/var/lib/radtriage';
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
const PORT_ATTEMPTS = 5;
const RESTART_ATTEMPTS = 8;
const FIRST_RESTART_DELAY_MS = 100;
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/** Durable as Postgres ships, TCP on loopback only, and no row of a patient in its log (terse, no statements). */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
  'log_statement=none',
];

/** A port that was free a moment ago. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new RadTriageError('INTERNAL', 'no TCP port could be had on 127.0.0.1');
  }
  return address.port;
}

interface Place {
  readonly directory: string;
  readonly cluster: string;
  readonly binaries: PostgresBinaries;
  readonly identity: Identity | undefined;
}

function openLog({ directory, identity }: Place): number {
  const path = join(directory, 'postgres.log');
  if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  const log = openSync(path, 'a', 0o600);
  if (identity !== undefined) chownSync(path, identity.uid, identity.gid);
  return log;
}

/** Starts a postmaster and resolves once it takes connections; undefined when it ended instead. */
async function launch(place: Place, port: number): Promise<ChildProcess | undefined> {
  const log = openLog(place);
  const settings = [...SETTINGS, `port=${port}`].flatMap((setting) => ['-c', setting]);
  // Detached: a Ctrl-C at the terminal goes to the whole process group and must not end the database before us.
  const child = spawn(place.binaries.postgres, ['-D', place.cluster, ...settings], {
    ...place.identity,
    cwd: '/',
    env: { ...POSTGRES_ENVIRONMENT },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let ended = false;
  child.once('error', () => {
    ended = true;
  });
  child.once('exit', () => {
    ended = true;
  });
  const ready = (): boolean => {
    const postmaster = readPostmaster(place.cluster);
    return postmaster?.pid === child.pid && postmaster?.ready === true;
  };
  await holdsWithin(START_DEADLINE_MS, () => ended || ready());
  if (!ended && ready()) return child;
  if (child.pid !== undefined && !ended) signal(child.pid, 'SIGQUIT');
  return undefined;
}

/** Ends what a supervisor that was killed has left running, and clears a lock file that names a stranger. */
async function clearOrphans(cluster: string, logger: Logger | undefined): Promise<void> {
  const postmaster = readPostmaster(cluster);
  const left = processesIn(cluster);
  if (left.length > 0) {
    logger?.warn({ pids: left }, 'ending what is left of an earlier embedded Postgres');
    if (postmaster !== undefined && left.includes(postmaster.pid)) signal(postmaster.pid, 'SIGINT');
    const gone = (): boolean => processesIn(cluster).length === 0;
    if (!(await holdsWithin(STOP_DEADLINE_MS, gone))) {
      for (const pid of processesIn(cluster)) signal(pid, 'SIGQUIT');
      await holdsWithin(STOP_DEADLINE_MS, gone);
    }
    return;
  }
  // Nobody stands in the cluster: a pid file whose number now belongs to a stranger would keep Postgres from starting.
  if (postmaster !== undefined) rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

async function launchOnFreePort(place: Place): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const port = await findFreePort();
    const child = await launch(place, port);
    if (child !== undefined) return { child, port };
  }
  throw new RadTriageError(
    'DATABASE_UNAVAILABLE',
    `the embedded Postgres does not start; its log is ${join(place.directory, 'postgres.log')}`,
  );
}

/** Keeps one postmaster running on the same port until it is told to stop. */
class Keeper {
  private readonly place: Place;
  private readonly port: number;
  private readonly options: EmbeddedPostgresOptions;
  private child: ChildProcess | undefined;
  private restarting: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(place: Place, port: number, options: EmbeddedPostgresOptions) {
    this.place = place;
    this.port = port;
    this.options = options;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  watch(child: ChildProcess): void {
    this.child = child;
    const onExit = (): void => {
      if (this.stopping || this.child !== child) return;
      this.child = undefined;
      this.options.logger?.error(
        { exitCode: child.exitCode, signal: child.signalCode },
        'the embedded Postgres died',
      );
      this.restarting = this.restart();
    };
    child.once('exit', onExit);
    if (child.exitCode !== null || child.signalCode !== null) onExit();
  }

  private async restart(): Promise<void> {
    let delay = FIRST_RESTART_DELAY_MS;
    for (let attempt = 0; attempt < RESTART_ATTEMPTS && !this.stopping; attempt += 1) {
      await clearOrphans(this.place.cluster, this.options.logger);
      const child = await launch(this.place, this.port);
      if (child !== undefined) {
        this.options.logger?.info({ pid: child.pid }, 'the embedded Postgres is back');
        this.watch(child);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay *= 2;
    }
    if (this.stopping) return;
    const error = new RadTriageError(
      'DATABASE_UNAVAILABLE',
      'the embedded Postgres cannot be restarted',
    );
    this.options.onFailed?.(error);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.restarting;
    const { child } = this;
    if (child?.pid === undefined) return;
    const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
    for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      if (isGone()) break;
      signal(child.pid, name);
      await holdsWithin(STOP_DEADLINE_MS, isGone);
    }
    await holdsWithin(STOP_DEADLINE_MS, () => processesIn(this.place.cluster).length === 0);
  }
}

/**
 * Runs a Postgres of our own below the data directory: initdb on first use, a generated password, a free port of
 * 127.0.0.1, which it keeps when it has to be started again after dying.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE, DATABASE_UNAVAILABLE, CONFIG_INVALID
 */
export async function startEmbeddedPostgres(
  dataDirectory: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const systemDirectory = options.systemDirectory ?? SYSTEM_DIRECTORY;
  const identity = postgresIdentity();
  const directory = choosePostgresDirectory(dataDirectory, systemDirectory, identity);
  const unlock = lockCluster(directory);
  try {
    const binaries = locateBinaries(systemDirectory, identity);
    const { cluster, password } = initialiseCluster({ directory, binaries, identity });
    await clearOrphans(cluster, options.logger);
    const place: Place = { directory, cluster, binaries, identity };
    const { child, port } = await launchOnFreePort(place);
    const keeper = new Keeper(place, port, options);
    keeper.watch(child);
    return {
      url: `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`,
      directory,
      pid: () => keeper.pid,
      stop: async () => {
        await keeper.stop();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw toRadTriageError(error, 'DATABASE_UNAVAILABLE');
  }
}
