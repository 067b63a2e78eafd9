import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive } from '#platform/processes/is-alive.ts';

/**
 * What a running `radtriage up` leaves in its data directory, so that other commands find its database. The file
 * holds the embedded database's password and is readable by its owner alone.
 */
const runStateSchema = z.object({
  pid: z.number().int(),
  databaseUrl: z.string(),
  dicom: z.object({
    aeTitle: z.string(),
    host: z.string(),
    port: z.number(),
    tlsPort: z.number().optional(),
  }),
  http: z.object({ url: z.string() }),
  /** Process ids of the children, kept up to date when one is started again. */
  processes: z.record(z.string(), z.number()),
});
export type RunState = z.output<typeof runStateSchema>;

const FILE = 'run.json';

export function writeRunState(dataDirectory: string, state: RunState): void {
  const path = join(dataDirectory, FILE);
  rmSync(path, { force: true });
  writeFileSync(path, JSON.stringify(state), { mode: 0o600 });
}

export function clearRunState(dataDirectory: string): void {
  rmSync(join(dataDirectory, FILE), { force: true });
}

/** The state of the instance that runs on this data directory, or undefined when none does. */
export function readRunState(dataDirectory: string): RunState | undefined {
  const path = join(dataDirectory, FILE);
  if (!existsSync(path)) return undefined;
  const parsed = runStateSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined;
}
