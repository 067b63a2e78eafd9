import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const CLI = resolve(import.meta.dirname, '../../services/cli/radtriage.ts');

export interface Ended {
  readonly code: number | null;
  /** What it wrote to stdout and stderr. */
  readonly output: string;
}

/** Starts the command line as a user does, without this process's own settings. */
export function startCommand(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RADTRIAGE_'));
  const env = { ...Object.fromEntries(inherited), ...settings };
  const child = spawn(process.execPath, [CLI, ...args], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code, output }));
  return { child, ended };
}
