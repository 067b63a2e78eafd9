import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '#test-data/random.ts';
import { startInstance } from '../support/instance.ts';
import { type Kill, killOne, VICTIMS } from './killer.ts';
import { keepSending, type Tally } from './senders.ts';
import { judge, type Verdict } from './verdict.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly senders: number;
  readonly seed: number;
  /** Longest rest of a sender between two studies, milliseconds. */
  readonly restMs: number;
  /** Told what the instance had to say, when something is wrong. */
  readonly onLog?: (log: string) => void;
  readonly onKill?: (kill: Kill, number: number) => void;
}

export interface ChaosReport extends Verdict {
  readonly kills: readonly Kill[];
  readonly tally: Tally;
  /** Objects that listeners found in the journal of the one before, and slots that they cleared away. */
  readonly recovered: number;
  readonly cleared: number;
  /** Objects that turned out to be kept already. */
  readonly duplicates: number;
  readonly seconds: number;
}

/** Adds up a number that log lines carry. */
function sumOf(log: string, field: string): number {
  let sum = 0;
  for (const [, count] of log.matchAll(new RegExp(`"${field}":(\\d+)`, 'g'))) sum += Number(count);
  return sum;
}

/**
 * A whole RadTriage under senders that never give up, while its processes are killed one after the other at random;
 * then everything that was answered with Success is looked for.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { kills: wanted, senders, seed, restMs } = options;
  const startedAt = Date.now();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'radtriage-chaos-'));
  const instance = await startInstance({ dataDirectory });
  try {
    const tally: Tally = {
      acknowledged: new Map(),
      studies: new Set(),
      resent: 0,
      busy: 0,
      lastSuccessAt: 0,
    };
    let isOver = false;
    const to = { ...instance.dicom, host: '127.0.0.1' };
    const sending = Promise.all(
      Array.from({ length: senders }, (_, number) =>
        keepSending(number, { to, seed, restMs, isOver: () => isOver }, tally),
      ),
    );
    const random = createRandom(seed, 'kills');
    const kills: Kill[] = [];
    while (kills.length < wanted) {
      // All three in turn while images are under way, so that a short run meets each; then at random.
      const first = VICTIMS[kills.length];
      const victim = first ?? random.pick(VICTIMS);
      const moment = first !== undefined || random.chance(0.8) ? 'under way' : 'any';
      const kill = await killOne(instance, { victim, random, tally, moment });
      kills.push(kill);
      options.onKill?.(kill, kills.length);
    }
    isOver = true;
    await sending;
    const verdict = await judge(instance, tally);
    const log = instance.log();
    if (verdict.faults.length > 0) options.onLog?.(log);
    return {
      ...verdict,
      kills,
      tally,
      recovered: sumOf(log, 'recovered'),
      cleared: sumOf(log, 'empty'),
      duplicates: sumOf(log, 'duplicates'),
      seconds: (Date.now() - startedAt) / 1000,
    };
  } finally {
    await instance.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}
