import { readFileSync } from 'node:fs';

/** Memory of a process in MB of 2^20 bytes. */
export interface ResidentMemory {
  readonly now: number;
  /** The most since its start. */
  readonly peak: number;
}

function field(status: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

/** What /proc says of a process; undefined where there is no such process, or no /proc. */
export function readResidentMemory(pid: number): ResidentMemory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const now = field(status, 'VmRSS');
    return now === undefined ? undefined : { now, peak: field(status, 'VmHWM') ?? now };
  } catch {
    return undefined;
  }
}
