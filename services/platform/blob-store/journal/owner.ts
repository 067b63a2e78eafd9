import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';

const ownerSchema = z.object({ pid: z.number(), host: z.string() });

const BEAT_MS = 5_000;
/** Without a sign of life for this long, an owner on another machine counts as gone. */
const STALE_MS = 20_000;
const LOOK_MS = 500;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** True while another process may still be writing. A process number of ours that is known to be dead settles it. */
async function isHeld(path: string): Promise<boolean> {
  const found = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch(() => undefined);
  if (found === undefined) return false;
  const [text, { mtimeMs }] = found;
  if (Date.now() - mtimeMs > STALE_MS) return false;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return false;
  }
  const owner = ownerSchema.safeParse(content);
  if (!owner.success) return false;
  const { pid, host } = owner.data;
  return host !== hostname() || (pid !== process.pid && isAlive(pid));
}

/**
 * One process at a time works in a journal. Waits for an owner that has just gone, as long as its signs of life may
 * still be fresh.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE when somebody else keeps working in it
 */
export async function ownJournal(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, 'owner.json');
  const deadline = Date.now() + STALE_MS + 2 * BEAT_MS;
  while (await isHeld(path)) {
    if (Date.now() > deadline) {
      throw new RadTriageError(
        'DATA_FOLDER_UNUSABLE',
        'another listener keeps what it receives here',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
  const beat = setInterval(() => {
    const now = new Date();
    // A sign that fails is followed by the next; only many of them in a row would matter.
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  return {
    release: async () => {
      clearInterval(beat);
      await rm(path, { force: true });
    },
  };
}
