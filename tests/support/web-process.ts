import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Database } from '#platform/database/connect.ts';
import { createToken } from '#worklist/accounts/tokens.ts';
import { startTestDatabase } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';

const CLI = resolve(import.meta.dirname, '../../services/cli/radtriage.ts');
const readyLine = z.object({ ready: z.literal(true), http: z.object({ url: z.string() }) });

/** `radtriage web` as a process of its own, so that its memory is its own. */
export interface WebProcess {
  readonly url: string;
  /** Of the role `service`, named PACS. */
  readonly token: string;
  readonly database: Database;
  readonly dataDirectory: string;
  readonly pid: number;
  /** Of the Postgres that it works on. */
  readonly databasePid: number;
  /** How much the process grew at its largest while the work ran, megabytes. */
  growthDuring(work: () => Promise<void>): Promise<number>;
  /** How many files below the data folder it has open. */
  openFiles(): number;
  stop(): Promise<void>;
}

async function readyUrl(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) throw new Error('no output');
  return new Promise((found, fail) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const ready = readyLine.safeParse(JSON.parse(line));
      if (ready.success) found(ready.data.http.url);
    });
    child.once('exit', (code) => fail(new Error(`web ended with ${code}`)));
  });
}

async function growthOf(pid: number, work: () => Promise<void>): Promise<number> {
  const status = (): number[] => {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return ['VmRSS', 'VmHWM'].map((name) =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]),
    );
  };
  // Resets the high water mark (proc(5)).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const [before = 0] = status();
  await work();
  const [, peak = 0] = status();
  process.stdout.write(`resident before ${before >> 10} MB, at most ${peak >> 10} MB\n`);
  return (peak - before) / 1024;
}

/** The files that a process has open now; one may be closed while they are counted. */
function filesOf(pid: number, folder: string): number {
  const place = `/proc/${pid}/fd`;
  return readdirSync(place).filter((name) => {
    try {
      return readlinkSync(join(place, name)).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

export async function startWebProcess(
  environment: Readonly<Record<string, string>> = {},
): Promise<WebProcess> {
  const data = temporaryDirectory();
  const server = await startTestDatabase();
  const token = await createToken(server.database, { name: 'PACS', roles: ['service'] });
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RADTRIAGE_'));
  const env = {
    ...Object.fromEntries(inherited),
    RADTRIAGE_DATABASE_URL: server.url,
    RADTRIAGE_HTTP_PORT: '0',
    RADTRIAGE_LOG_LEVEL: 'warn',
    ...environment,
  };
  const child = spawn(process.execPath, [CLI, 'web', '--data', data.path], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = child.pid ?? 0;
  return {
    url: await readyUrl(child),
    ...{ token, pid, database: server.database, dataDirectory: data.path },
    growthDuring: (work) => growthOf(pid, work),
    databasePid: server.embedded.pid() ?? 0,
    openFiles: () => filesOf(pid, data.path),
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await server.stop();
      data.remove();
    },
  };
}
