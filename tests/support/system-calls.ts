import { readFileSync } from 'node:fs';

/** One system call of an strace log written with `-f -ttt -T -yy`. Times are seconds since the epoch. */
export interface SystemCall {
  readonly name: string;
  /** All arguments as strace shows them. */
  readonly arguments: string;
  readonly failed: boolean;
  readonly start: number;
  readonly end: number;
}

const LINE = /^(\d+)\s+(\d+\.\d+)\s+(.*)$/;

function parseCall(text: string, start: number, end: number): SystemCall | undefined {
  const match = /^(\w+)\((.*)\)\s+= (-?\w+)/s.exec(text);
  if (match === null) return undefined;
  const [, name = '', args = '', result = ''] = match;
  return { name, arguments: args, failed: result.startsWith('-'), start, end };
}

/** Reads a log; calls that another thread interrupted are put together again. */
export function readSystemCalls(path: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { text: string; start: number }>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, pid = '', time = '', text = ''] = match;
    const now = Number(time);
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(pid, { text: text.slice(0, -'<unfinished ...>'.length), start: now });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text);
    const begun = unfinished.get(pid);
    let call: SystemCall | undefined;
    if (resumed !== null && begun !== undefined) {
      unfinished.delete(pid);
      call = parseCall(`${begun.text.trimEnd()}${resumed[1] ?? ''}`, begun.start, now);
    } else {
      const took = /<(\d+\.\d+)>$/.exec(text);
      call = parseCall(text, now, now + Number(took?.[1] ?? 0));
    }
    if (call !== undefined) calls.push(call);
  }
  return calls.sort((a, b) => a.start - b.start);
}
