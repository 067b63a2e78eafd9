import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { cutIntoChunks } from './mutate.ts';
import { Script } from './script.ts';
import { drawSession } from './session-cases.ts';

export interface StormOptions {
  readonly port: number;
  /** The process that listens: its memory and its sockets are watched. */
  readonly pid: number;
  /** Hostile sessions in all, from so many addresses at once. */
  readonly sessions: number;
  readonly addresses: number;
  readonly seed: number;
}

export interface StormReport {
  readonly sessions: number;
  /** Sessions by what was sent. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Sessions that the listener left open until we hung up. */
  readonly waited: number;
  readonly seconds: number;
  readonly residentPeakBytes: number;
  readonly socketsBefore: number;
  readonly socketsAfter: number;
  readonly peer: z.output<typeof peerReport>;
}

const peerReport = z.object({
  echoes: z.number(),
  medianMs: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
  stored: z.array(z.object({ sopInstanceUid: z.string(), sha256: z.string() })),
});

const SESSIONS_AN_ADDRESS = 4;
/** How long a session may stay open once all is sent, in milliseconds; then we hang up, or reset. */
const PATIENCE_MS = 150;
const SCRIPT_BYTES = 200;
const SETTLE_MS = 20_000;

/** Hostile sessions from several addresses at once, while a peer that behaves echoes and stores. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { port, pid, sessions, addresses, seed } = options;
  const socketsBefore = countSockets(pid);
  const peer = spawn(
    process.execPath,
    [join(import.meta.dirname, 'well-behaved-peer.ts'), String(port)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const answer = text(peer.stdout);
  const ended = once(peer, 'exit');
  const kinds = new Map<string, number>();
  const random = randomScripts(seed);
  const started = performance.now();
  let left = sessions;
  let waited = 0;
  const attack = async (localAddress: string): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const script = new Script(random());
      const cuts = script.fork(24);
      const { kind, bytes } = drawSession(script);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const stayed = await sendSession(cutIntoChunks(bytes, cuts, bytes.length / 20), {
        port,
        localAddress,
      });
      if (stayed) waited += 1;
    }
  };
  const attackers = Array.from({ length: addresses * SESSIONS_AN_ADDRESS }, (_, index) =>
    attack(`127.0.1.${1 + (index % addresses)}`),
  );
  await Promise.all(attackers);
  const seconds = (performance.now() - started) / 1000;
  peer.stdin.end();
  const [line] = await Promise.all([answer, ended]);
  return {
    sessions,
    kinds,
    waited,
    seconds,
    residentPeakBytes: readPeak(pid),
    socketsBefore,
    socketsAfter: await settledSockets(pid, socketsBefore),
    peer: peerReport.parse(JSON.parse(line)),
  };
}

/** Sends the chunks and waits for the other side to close. @returns true when it was we who had to. */
async function sendSession(
  chunks: readonly Buffer[],
  { port, localAddress }: { port: number; localAddress: string },
): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  socket.on('error', () => socket.destroy());
  socket.resume();
  const closed = new Promise<void>((done) => socket.once('close', () => done()));
  await Promise.race([once(socket, 'connect').catch(() => undefined), closed]);
  for (const chunk of chunks) socket.write(chunk);
  let stayed = false;
  const timer = setTimeout(() => {
    stayed = true;
    if (chunks.length % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }, PATIENCE_MS);
  await closed;
  clearTimeout(timer);
  return stayed;
}

/** The same scripts for the same seed (mulberry32); who sends which depends on the scheduler. */
function randomScripts(seed: number): () => Buffer {
  let state = seed >>> 0;
  return () => {
    const bytes = Buffer.alloc(SCRIPT_BYTES);
    for (let index = 0; index < SCRIPT_BYTES; index += 1) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      bytes[index] = mixed >>> 24;
    }
    return bytes;
  };
}

/** Sockets alone: the archive keeps a pool of files open, which has its own limit. */
function countSockets(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => readLink(join(folder, name)).startsWith('socket:'))
    .length;
}

/** Empty for a file that was closed while we looked. */
function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The connections of the storm take until ARTIM to be forgotten. */
async function settledSockets(pid: number, wanted: number): Promise<number> {
  const deadline = Date.now() + SETTLE_MS;
  let sockets = countSockets(pid);
  while (sockets > wanted && Date.now() < deadline) {
    await new Promise((done) => setTimeout(done, 100));
    sockets = countSockets(pid);
  }
  return sockets;
}

function readPeak(pid: number): number {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(peak?.[1] ?? 0) * 1024;
}

export function newSeed(): number {
  return randomBytes(4).readUInt32LE(0) >>> 1;
}

export function formatStorm(report: StormReport, seed: number): string {
  const { peer } = report;
  const kinds = [...report.kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [
    `${report.sessions} hostile sessions, seed ${seed}, in ${report.seconds.toFixed(1)} s (${kinds}); we hung up on ${report.waited}`,
    `echo beside them: ${peer.echoes} times, median ${peer.medianMs.toFixed(1)} ms, ` +
      `p99 ${peer.p99Ms.toFixed(1)} ms, longest ${peer.maxMs.toFixed(1)} ms; ${peer.stored.length} objects stored`,
    `listener: resident at most ${(report.residentPeakBytes / 1048576).toFixed(0)} MB, ` +
      `${report.socketsBefore} sockets open before, ${report.socketsAfter} after`,
  ].join('\n');
}
