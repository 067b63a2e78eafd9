import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const ROOT = resolve(import.meta.dirname, '../..');
const CLI = join(ROOT, 'bin/radtriage.mjs');

const readyLine = z.object({ ready: z.literal(true), dicom: z.object({ port: z.number() }) });

export interface ListenerProcess {
  readonly port: number;
  readonly process: ChildProcess;
  /** What it has written to standard error so far. */
  log(): string;
  /** Ends it by this signal, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * `radtriage listener` as a process of its own.
 * @param directory holds its data, and its configuration file
 */
export async function startListenerProcess(options: {
  readonly directory: string;
  readonly databaseUrl: string;
  /** As in the configuration file; YAML is a superset of JSON. */
  readonly config: Record<string, unknown>;
}): Promise<ListenerProcess> {
  const { directory, databaseUrl, config } = options;
  const configFile = join(directory, 'radtriage.yaml');
  writeFileSync(configFile, JSON.stringify({ dataDirectory: directory, databaseUrl, ...config }));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('RADTRIAGE_'));
  const child = spawn(process.execPath, [CLI, 'listener'], {
    env: { ...Object.fromEntries(inherited), RADTRIAGE_CONFIG: configFile },
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const port = await new Promise<number>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = line.startsWith('{') ? readyLine.safeParse(JSON.parse(line)) : undefined;
      if (ready?.success === true) done(ready.data.dicom.port);
    });
    child.once('exit', (code) => fail(new Error(`the listener ended with ${code}:\n${log}`)));
  });
  return {
    port,
    process: child,
    log: () => log,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    },
  };
}
