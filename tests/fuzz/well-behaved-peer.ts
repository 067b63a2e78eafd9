/**
 * A peer that behaves, as a process of its own so that nobody's work delays it: `well-behaved-peer.ts PORT` echoes on
 * one association and stores on another until its standard input ends, then prints what it saw as one line of JSON.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BytePeer, EXPLICIT_LE } from '#tests/support/byte-peer.ts';
import { sampleDataSet } from '#tests/support/data-set-samples.ts';

export interface WellBehavedReport {
  readonly echoes: number;
  /** From the request to the answer, milliseconds. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** What was answered with Success. */
  readonly stored: readonly { readonly sopInstanceUid: string; readonly sha256: string }[];
}

const ADDRESS = '127.0.0.99';
const ECHO_EVERY_MS = 5;
const STORE_EVERY_MS = 20;

let over = false;
process.stdin.once('end', () => {
  over = true;
});
process.stdin.resume();

async function echo(port: number): Promise<number[]> {
  const peer = await BytePeer.associate(port, { localAddress: ADDRESS });
  const took: number[] = [];
  while (!over) {
    const answered = once(peer.socket, 'data');
    const since = performance.now();
    peer.echo(took.length % 0xffff);
    await answered;
    took.push(performance.now() - since);
    await delay(ECHO_EVERY_MS);
  }
  await peer.nextResponse();
  peer.destroy();
  return took;
}

async function store(port: number): Promise<WellBehavedReport['stored']> {
  const peer = await BytePeer.associate(port, { localAddress: ADDRESS });
  const stored: { sopInstanceUid: string; sha256: string }[] = [];
  while (!over) {
    const sopInstanceUid = `2.25.${process.pid}.${stored.length + 1}`;
    const dataSet = sampleDataSet(EXPLICIT_LE, sopInstanceUid);
    peer.store(dataSet, { contextId: 3, sopInstanceUid });
    const { status } = await peer.nextResponse();
    if (status !== 0) throw new Error(`a sound object was answered with ${status}`);
    stored.push({ sopInstanceUid, sha256: createHash('sha256').update(dataSet).digest('hex') });
    await delay(STORE_EVERY_MS);
  }
  peer.destroy();
  return stored;
}

const port = Number(process.argv[2]);
const [took, stored] = await Promise.all([echo(port), store(port)]);
took.sort((a, b) => a - b);
const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? 0;
const report: WellBehavedReport = {
  echoes: took.length,
  medianMs: at(0.5),
  p99Ms: at(0.99),
  maxMs: at(1),
  stored,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
