import { readdirSync, readFileSync } from 'node:fs';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Highest resident memory of a process so far, MB. */
export function peakMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, head.map(() => '---'), ...rows];
  for (const line of lines) process.stdout.write(`| ${line.join(' | ')} |\n`);
}

const MILLISECONDS_A_TICK = 10;

interface Times {
  readonly parent: number;
  /** Its own, and of children that have ended, milliseconds. */
  readonly milliseconds: number;
}

function timesOf(pid: string): Times | undefined {
  try {
    // After the name, which may hold anything (proc(5)): state, ppid, ... utime, stime, cutime, cstime.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), milliseconds: ticks * MILLISECONDS_A_TICK };
  } catch {
    return undefined;
  }
}

/** Processor time that processes and their direct children have taken so far, milliseconds. */
export function processorTime(pids: readonly number[]): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, name) => {
      const times = timesOf(name);
      const counts =
        times !== undefined && [Number(name), times.parent].some((pid) => pids.includes(pid));
      return counts ? sum + times.milliseconds : sum;
    }, 0);
}
