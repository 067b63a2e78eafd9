/**
 * How fast a study is taken in, against Debian's storescp (which does not sync to disk) and Orthanc, interleaved in
 * one run: `npx --no-install node tests/bench/intake.ts [rounds] [slices]`. Prints a table for BENCHMARKS.md.
 * The sender is storescu with TCP_NODELAY=1; without it DCMTK waits tens of milliseconds an image.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInstance } from '../support/instance.ts';
import { peerPath } from '../support/peers.ts';
import { waitFor } from '../support/wait-for.ts';
import { writeSlices } from './slices.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SLICES = Number(process.argv[3] ?? 300);
const ASSOCIATIONS = 8;
const CALLED = 'RADTRIAGE';

interface Receiver {
  readonly name: string;
  readonly port: number;
  /** Resident memory of the receiving process, MB. */
  memory(): number;
  /** Before each run: an empty archive, where the receiver would otherwise refuse duplicates or slow down. */
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

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
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
  return { name, port, memory: () => residentMegabytes(child.pid ?? 0), stop: () => end(child) };
}

function startStorescp(folder: string, fork: boolean): Promise<Receiver> {
  const out = join(folder, fork ? 'scp-fork' : 'scp');
  mkdirSync(out);
  const flags = ['-pdu', '131072', '+B', '-od', out, '-aet', CALLED, ...(fork ? ['--fork'] : [])];
  return startPeer(fork ? 'storescp --fork' : 'storescp', peerPath('storescp'), (port) => [
    ...flags,
    String(port),
  ]);
}

function startOrthanc(folder: string): Promise<Receiver> {
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

async function startOurs(): Promise<Receiver> {
  // A quiet time longer than the run: the analysis of the received study is not what is measured here.
  const instance = await startInstance({
    environment: { RADTRIAGE_QUIET_SECONDS: '36000', RADTRIAGE_LOG_LEVEL: 'error' },
  });
  const pid = instance.processes['listener'] ?? 0;
  return {
    name: 'RadTriage (synced, indexed)',
    port: instance.dicom.port,
    memory: () => residentMegabytes(pid),
    stop: () => instance.stop(),
  };
}

function storescu(port: number, folder: string): Promise<void> {
  const args = ['-aec', CALLED, '-pdu', '131072', '-xe', '+sd', '127.0.0.1', String(port), folder];
  const child = spawn(peerPath('storescu'), args, {
    env: { ...process.env, TCP_NODELAY: '1' },
    stdio: 'ignore',
  });
  return new Promise((done, fail) => {
    child.once('exit', (code) =>
      code === 0 ? done() : fail(new Error(`storescu ended with ${code}`)),
    );
  });
}

async function secondsFor(receiver: Receiver, folders: readonly string[]): Promise<number> {
  const start = performance.now();
  await Promise.all(folders.map((folder) => storescu(receiver.port, folder)));
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const folder = mkdtempSync(join(tmpdir(), 'radtriage-bench-'));
const receivers = [
  await startStorescp(folder, false),
  await startStorescp(folder, true),
  await startOrthanc(folder),
  await startOurs(),
];
const seconds = new Map<string, { one: number[]; eight: number[] }>();
try {
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const receiver of receivers) {
      // New UIDs in every run: a duplicate would be cheaper than a first receipt.
      const all = join(folder, `slices-${round}-${receivers.indexOf(receiver)}`);
      const parts = writeSlices({
        folder: all,
        slices: SLICES,
        parts: ASSOCIATIONS,
        seed: `${round}-${receiver.name}`,
      });
      const one = await secondsFor(receiver, [parts.whole]);
      const eight = await secondsFor(receiver, parts.split);
      rmSync(all, { recursive: true });
      if (round === 0) continue; // warm-up
      const kept = seconds.get(receiver.name) ?? { one: [], eight: [] };
      kept.one.push(one);
      kept.eight.push(eight);
      seconds.set(receiver.name, kept);
    }
  }
  const base = seconds.get('storescp');
  const forked = seconds.get('storescp --fork');
  process.stdout.write(
    '| receiver | 1 association, images/s | x storescp | 8 associations, images/s | x storescp --fork | peak RSS MB |\n|---|---|---|---|---|---|\n',
  );
  for (const receiver of receivers) {
    const own = seconds.get(receiver.name);
    if (own === undefined || base === undefined || forked === undefined) continue;
    const ratioOne = median(own.one.map((value, index) => (base.one[index] ?? Number.NaN) / value));
    const ratioEight = median(
      own.eight.map((value, index) => (forked.eight[index] ?? Number.NaN) / value),
    );
    const row = [
      receiver.name,
      (SLICES / median(own.one)).toFixed(0),
      ratioOne.toFixed(2),
      (SLICES / median(own.eight)).toFixed(0),
      ratioEight.toFixed(2),
      String(receiver.memory()),
    ];
    process.stdout.write(`| ${row.join(' | ')} |\n`);
  }
} finally {
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  rmSync(folder, { recursive: true, force: true });
}
