import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { isAlive } from '../../processes/is-alive.ts';

const ownerSchema = z.object({
  pid: z.number(),
  host: z.string(),
  /** When the process was started, as its system counts: a process number is given again, this is not. */
  started: z.string().optional(),
});

const BEAT_MS = 5_000;
/** Without a sign of life for this long, an owner on another machine counts as gone. */
const STALE_MS = 20_000;
const LOOK_MS = 500;
/** Two that take over from a dead owner at once: whoever wrote last is the owner. */
const TAKE_OVER_MS = 300;

/** Start time of a process of this machine (proc(5), stat, field 22), where the system tells. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in brackets may hold anything, brackets and blanks too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Dead, and not yet noticed by its parent.
  return fields[0] === 'Z' ? 'ended' : fields[19];
}

/**
 * True while another process may still be writing. On this machine it is known whether it lives, however long it has
 * given no sign: a process that was stopped goes on where it was.
 */
async function isHeld(path: string): Promise<boolean> {
  const found = await Promise.all([readFile(path, 'utf8'), stat(path)]).catch(() => undefined);
  if (found === undefined) return false;
  const [text, { mtimeMs }] = found;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return false;
  }
  const owner = ownerSchema.safeParse(content);
  if (!owner.success) return false;
  const { pid, host, started } = owner.data;
  const isFresh = Date.now() - mtimeMs <= STALE_MS;
  if (host !== hostname()) return isFresh;
  if (pid === process.pid || !isAlive(pid)) return false;
  const now = await startOf(pid);
  return started === undefined || now === undefined ? isFresh : started === now;
}

async function take(path: string): Promise<boolean> {
  const started = await startOf(process.pid);
  const owner = JSON.stringify({ pid: process.pid, host: hostname(), started });
  try {
    await writeFile(path, owner, { mode: 0o600, flag: 'wx' });
    return true;
  } catch {
    // Left by one that is gone.
  }
  await writeFile(path, owner, { mode: 0o600 });
  await new Promise((resolve) => setTimeout(resolve, TAKE_OVER_MS));
  return (await readFile(path, 'utf8').catch(() => '')) === owner;
}

/**
 * One process at a time works in a journal. Waits for an owner that has just gone, as long as its signs of life may
 * still be fresh.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE when somebody else keeps working in it
 */
export async function ownJournal(
  directory: string,
  patienceMs = STALE_MS + 2 * BEAT_MS,
): Promise<{ release(): Promise<void> }> {
  const path = join(directory, 'owner.json');
  const deadline = Date.now() + patienceMs;
  while ((await isHeld(path)) || !(await take(path))) {
    if (Date.now() > deadline) {
      throw new RadTriageError(
        'DATA_FOLDER_UNUSABLE',
        'another listener keeps what it receives here',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
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
