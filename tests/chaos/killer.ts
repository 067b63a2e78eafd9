import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { connectDatabase } from '#platform/database/connect.ts';
import type { Random } from '#test-data/random.ts';
import type { Instance } from '../support/instance.ts';
import { readRunState } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Tally } from './senders.ts';

export const VICTIMS = ['listener', 'database', 'worker'] as const;
type Victim = (typeof VICTIMS)[number];

export interface Kill {
  readonly victim: Victim;
  /** Images that were under way in that moment. */
  readonly busy: number;
  /** Until it served again, milliseconds. */
  readonly recoveryMs: number;
}

const BACK_WITHIN_MS = 120_000;

/** Postmaster of an instance's embedded database, found by its data directory. */
export function postmasterOf(instance: Instance): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const isPostgres = basename(command[0] ?? '') === 'postgres';
      if (isPostgres && command.some((part) => part.startsWith(instance.dataDirectory))) {
        return Number(pid);
      }
    } catch {
      // The process ended while we looked.
    }
  }
  throw new Error('no postmaster found');
}

function pidOf(instance: Instance, victim: Victim): number {
  if (victim === 'database') return postmasterOf(instance);
  const pid = readRunState(instance).processes[victim];
  if (pid === undefined) throw new Error(`no ${victim}`);
  return pid;
}

async function answers(instance: Instance): Promise<boolean> {
  const database = connectDatabase(readRunState(instance).databaseUrl, { poolSize: 1 });
  try {
    await database.selectNoFrom((expression) => expression.val(1).as('one')).execute();
    return true;
  } finally {
    await database.destroy();
  }
}

/** Whether the victim is there again and does its work. */
async function isBack(
  instance: Instance,
  kill: { victim: Victim; pid: number; at: number },
  tally: Tally,
) {
  if (pidOf(instance, kill.victim) === kill.pid) return false;
  if (kill.victim === 'database') return answers(instance);
  // The listener: a sender has had Success from it since. The worker says when it is ready.
  return kill.victim === 'worker' || tally.lastSuccessAt > kill.at;
}

/** Kills one of the three without warning, in the given moment, and waits until it serves again. */
export async function killOne(
  instance: Instance,
  options: { victim: Victim; random: Random; tally: Tally; moment: 'under way' | 'any' },
): Promise<Kill> {
  const { victim, random, tally, moment } = options;
  await new Promise((resolve) => setTimeout(resolve, random.between(0, 250)));
  if (moment === 'under way') {
    await waitFor(() => tally.busy > 0, {
      what: 'a sender',
      deadlineMs: BACK_WITHIN_MS,
      everyMs: 2,
    });
  }
  const pid = pidOf(instance, victim);
  const { busy } = tally;
  const at = Date.now();
  process.kill(pid, 'SIGKILL');
  await waitFor(() => isBack(instance, { victim, pid, at }, tally), {
    what: `the ${victim} to serve again`,
    deadlineMs: BACK_WITHIN_MS,
    everyMs: 20,
  });
  return { victim, busy, recoveryMs: Date.now() - at };
}
