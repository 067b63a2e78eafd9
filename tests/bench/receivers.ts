import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { readRunState } from '#cli/run-state.ts';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import { startInstance } from '../support/instance.ts';
import { peerPath } from '../support/peers.ts';
import { waitFor } from '../support/wait-for.ts';
import { peakMegabytes } from './measure.ts';

export const CALLED = 'RADTRIAGE';

/** A process that takes in what storescu sends. */
export interface Receiver {
  readonly name: string;
  readonly port: number;
  /** Peak resident memory, MB; NaN where a process of its own takes each association. */
  memory(): number;
  /** Resolves when everything received so far is where it will stay: nothing runs on into the next measurement. */
  settle(): Promise<void>;
  stop(): Promise<unknown>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

function end(child: ChildProcess): Promise<unknown> {
  return new Promise((done) => {
    child.once('exit', done);
    child.kill('SIGTERM');
  });
}

async function startPeer(
  name: string,
  command: string,
  args: (port: number) => string[],
): Promise<Receiver> {
  const port = await freePort();
  const child = spawn(command, args(port), {
    env: { ...process.env, TCP_NODELAY: '1' },
    stdio: 'ignore',
  });
  await waitFor(() => answers(port), { what: `${name} to listen` });
  return {
    name,
    port,
    memory: () => peakMegabytes(child.pid ?? 0),
    settle: async () => undefined,
    stop: () => end(child),
  };
}

export function startStorescp(folder: string, fork: boolean): Promise<Receiver> {
  const out = join(folder, fork ? 'scp-fork' : 'scp');
  mkdirSync(out);
  const flags = ['-pdu', '131072', '+B', '-od', out, '-aet', CALLED, ...(fork ? ['--fork'] : [])];
  return startPeer(fork ? 'storescp --fork' : 'storescp', peerPath('storescp'), (port) => [
    ...flags,
    String(port),
  ]);
}

export function startOrthanc(folder: string): Promise<Receiver> {
  return startPeer('Orthanc', peerPath('Orthanc'), (port) => {
    const file = join(folder, 'orthanc.json');
    const settings = {
      StorageDirectory: join(folder, 'orthanc'),
      DicomPort: port,
      DicomAet: CALLED,
      HttpServerEnabled: false,
      OverwriteInstances: true,
      DicomAlwaysAllowStore: true,
    };
    writeFileSync(file, JSON.stringify(settings));
    return [file];
  });
}

/** The floor: the same bytes written and flushed in the cheapest way known, with no check, hash, name or index. */
export function startBareReceiver(folder: string): Promise<Receiver> {
  const script = resolve(import.meta.dirname, 'bare-receiver.ts');
  return startPeer('bare receiver, synced', process.execPath, (port) => [
    script,
    String(port),
    join(folder, 'bare.bin'),
  ]);
}

export interface OwnReceiver extends Receiver {
  readonly database: Database;
  /** Resolves when the index holds so many images more than at the last call of `settle`. */
  indexed(images: number): Promise<void>;
}

/** RadTriage as an administrator runs it; the analysis of what is received is not what is measured. */
export async function startOurs(): Promise<OwnReceiver> {
  const instance = await startInstance({
    environment: { RADTRIAGE_QUIET_SECONDS: '36000', RADTRIAGE_LOG_LEVEL: 'error' },
  });
  const databaseUrl = readRunState(instance.dataDirectory)?.databaseUrl;
  if (databaseUrl === undefined) throw new Error('no database');
  const database = connectDatabase(databaseUrl, { poolSize: 1 });
  const pid = instance.processes['listener'] ?? 0;
  const countNew = async (): Promise<number> => {
    // By the key's sequence: counting a million rows again and again would be the load.
    const { last } = await database
      .selectFrom('instance')
      .select(({ fn }) => fn.max('instanceKey').as('last'))
      .executeTakeFirstOrThrow();
    return Number(last ?? 0);
  };
  let settledAt = 0;
  return {
    name: 'RadTriage',
    port: instance.dicom.port,
    database,
    memory: () => peakMegabytes(pid),
    indexed: async (images) => {
      await waitFor(async () => (await countNew()) >= settledAt + images, {
        what: 'the index',
        everyMs: 20,
        deadlineMs: 120_000,
      });
    },
    settle: async () => {
      let last = -1;
      await waitFor(
        async () => {
          const now = await countNew();
          const still = now === last;
          last = now;
          settledAt = now;
          return still;
        },
        { what: 'the index to settle', everyMs: 700, deadlineMs: 120_000 },
      );
    },
    stop: async () => {
      await database.destroy();
      return instance.stop();
    },
  };
}
