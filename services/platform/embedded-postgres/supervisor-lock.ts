import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { startTimeOf } from './processes.ts';

const ownerSchema = z.object({ pid: z.number().int(), started: z.string(), token: z.string() });

function readOwner(path: string): z.output<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function isHeldByOther(path: string): number | undefined {
  const owner = readOwner(path);
  if (owner === undefined || startTimeOf(owner.pid) !== owner.started) return undefined;
  return owner.pid;
}

/**
 * Makes this process the one that runs the cluster in `directory`. A lock whose process is gone (kill -9, power cut)
 * is taken over: pid and start time together are never used twice on one boot.
 * @returns gives the lock back.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE when another live process has it.
 */
export function lockCluster(directory: string): () => void {
  const path = join(directory, 'supervisor.json');
  const token = randomUUID();
  const content = JSON.stringify({ pid: process.pid, started: startTimeOf(process.pid), token });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    } catch {
      const holder = isHeldByOther(path);
      if (holder !== undefined) throw inUse(holder);
      rmSync(path, { force: true });
      continue;
    }
    // Two starters may both have removed the same stale lock: the one whose token stands has won.
    if (readOwner(path)?.token === token) {
      return () => {
        if (readOwner(path)?.token === token) rmSync(path, { force: true });
      };
    }
  }
  throw inUse(readOwner(path)?.pid ?? 0);
}

function inUse(pid: number): RadTriageError {
  return new RadTriageError(
    'DATA_FOLDER_UNUSABLE',
    `the data directory is in use by process ${pid}`,
    { details: { pid } },
  );
}
