import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** A program that runs as a child process and answers each message with one that bears the same `id`. */
export interface ChildProgram<Reply extends { readonly id: number }> {
  /** Absolute path of its module. */
  readonly path: string;
  /** Flags of Node for it, such as those of the permission model. */
  readonly flags?: readonly string[];
  /** Its whole environment: none of ours, with its secrets, is the child's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Open files that it gets as descriptors 4, 5 and so on. */
  readonly descriptors?: readonly number[];
  /** Its resident memory, in MB of 2^20 bytes, above which it is killed. Watched on Linux alone. */
  readonly memoryLimitMb?: number | undefined;
  /** Added to the time of the first request of a new process: it loads its modules then. */
  readonly startAllowanceMs?: number;
  /** Checks a reply; throws for what is none, which ends the child: it has handled hostile bytes. */
  parse(message: unknown): Reply;
}

/** Where our descriptors begin in the child: behind stdin, stdout, stderr and the channel. */
export const FIRST_DESCRIPTOR = 4;

/**
 * Linux ends such a child together with its parent, even one that is stopped or caught in native code and would never
 * see its channel close. Elsewhere a child ends when it notices the closed channel.
 */
const DIE_WITH_PARENT = ['--pdeathsig', 'KILL', '--'];
let canDieWithParent: boolean | undefined;

function startedBy(): { execPath: string; before: string[] } {
  canDieWithParent ??= spawnSync('setpriv', [...DIE_WITH_PARENT, 'true']).status === 0;
  return canDieWithParent
    ? { execPath: 'setpriv', before: [...DIE_WITH_PARENT, process.execPath] }
    : { execPath: process.execPath, before: [] };
}

/** Starts the program, with its errors readable and nothing else of ours. */
export function startProgram<Reply extends { readonly id: number }>(
  program: ChildProgram<Reply>,
): ChildProcess {
  const { execPath, before } = startedBy();
  const child = fork(program.path, {
    execPath,
    execArgv: [...before, ...(program.flags ?? [])],
    env: { ...program.environment },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...(program.descriptors ?? [])],
  });
  yieldToOthers(child);
  return child;
}

/**
 * Children compute for as long as they are let: with all cores busy, whoever answers people or receives images would
 * wait for them. So these go first.
 */
function yieldToOthers({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or this system does not allow it: then all are equal.
  }
}
