import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const ROOT = resolve(import.meta.dirname, '../..');
const CLI = join(ROOT, 'services/cli/radtriage.ts');

const readyLine = z.object({
  ready: z.literal(true),
  dicom: z.object({ aeTitle: z.string(), host: z.string(), port: z.number() }),
  http: z.object({ url: z.string() }),
  processes: z.record(z.string(), z.number()),
});

export const ADMIN_TOKEN = 'integration-tests-admin-token';

/** A whole RadTriage, started as an administrator would: `radtriage up` in a folder of its own, on free ports. */
export interface Instance extends z.output<typeof readyLine> {
  readonly dataDirectory: string;
  /** What it has written to standard error so far. */
  log(): string;
  /** GET (or another method) with the administrator's token. */
  api(path: string, init?: RequestInit): Promise<Response>;
  /** Runs another command on the same data folder, with `input` on its standard input. */
  cli(args: readonly string[], input?: string): Promise<CliResult>;
  /** Runs a command that knows no data folder. */
  cliWithoutData(args: readonly string[]): Promise<CliResult>;
  /** The process id of a child, asked for anew: it changes when the supervisor has restarted it. */
  supervisor: ChildProcess;
  stop(): Promise<number | null>;
}

export interface InstanceOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** A folder to start on again; it is then not removed at the end. */
  readonly dataDirectory?: string;
}

function environmentFor(options: InstanceOptions): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RADTRIAGE_'));
  return {
    ...Object.fromEntries(inherited),
    RADTRIAGE_ADMIN_TOKEN: ADMIN_TOKEN,
    RADTRIAGE_QUIET_SECONDS: '0.5',
    RADTRIAGE_EXECUTION_PROVIDERS: 'cpu',
    ...options.environment,
  };
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCli(
  args: readonly string[],
  environment: Record<string, string | undefined> = environmentFor({}),
  input = '',
): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], { env: environment, cwd: ROOT });
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

export async function startInstance(options: InstanceOptions = {}): Promise<Instance> {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'radtriage-instance-'));
  const environment = environmentFor(options);
  const ports = ['--dicom-port', '0', '--http-port', '0'];
  const child = spawn(
    process.execPath,
    [CLI, 'up', '--data', dataDirectory, ...ports, ...(options.args ?? ['--activate-models'])],
    { env: environment, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ready = await new Promise<z.output<typeof readyLine>>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const parsed = readyLine.safeParse(tryJson(line));
      if (parsed.success) done(parsed.data);
    });
    child.once('exit', (code) =>
      fail(new Error(`up ended with ${code} before it was ready:\n${log}`)),
    );
  });
  const stop = async (): Promise<number | null> => {
    const ended = child.exitCode !== null || child.signalCode !== null;
    const code = ended
      ? child.exitCode
      : await new Promise<number | null>((done) => {
          child.once('exit', done);
          child.kill('SIGTERM');
        });
    if (options.dataDirectory === undefined)
      rmSync(dataDirectory, { recursive: true, force: true });
    return code;
  };
  return {
    ...ready,
    dataDirectory,
    supervisor: child,
    log: () => log,
    api: (path, init = {}) =>
      fetch(new URL(path, ready.http.url), {
        ...init,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers },
      }),
    cli: (args, input) => runCli([...args, '--data', dataDirectory], environment, input),
    cliWithoutData: (args) => runCli(args, environment),
    stop,
  };
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
