import type { Logger } from '#platform/logger/logger.ts';
import { printJson } from '../output.ts';

/** What one of the long-running processes gives back once it serves. */
export interface Hosted {
  /** What a supervisor or a script has to know, printed as one JSON line with `ready: true`. */
  readonly facts: Record<string, unknown>;
  close(): Promise<void>;
}

const CLOSE_DEADLINE_MS = 25_000;

/**
 * Runs one long-running process to its end: starts it, says so, waits for the word to stop, closes it in order.
 * Under a supervisor the word is SIGTERM or the loss of the supervisor; SIGINT (Ctrl-C reaches the whole group) is left
 * to the supervisor, so that everything ends in order.
 */
export async function hostProcess(logger: Logger, start: () => Promise<Hosted>): Promise<void> {
  const supervised = process.send !== undefined;
  const stopped = new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('disconnect', () => resolve('the supervisor is gone'));
    if (supervised) process.on('SIGINT', () => undefined);
    else process.once('SIGINT', () => resolve('SIGINT'));
  });
  const hosted = await start();
  printJson({ ready: true, pid: process.pid, ...hosted.facts });
  logger.info({ pid: process.pid }, 'ready');
  const why = await stopped;
  logger.info({ why }, 'stopping');
  const deadline = setTimeout(() => {
    logger.error('did not close in time');
    process.exit(1);
  }, CLOSE_DEADLINE_MS);
  await hosted.close();
  clearTimeout(deadline);
  if (supervised && process.connected) process.disconnect();
  process.exit(0);
}
