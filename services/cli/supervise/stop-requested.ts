import { isStartedByNpm } from '#platform/config/config.ts';

const PARENT_CHECK_MS = 500;

/**
 * Resolves at the first SIGINT or SIGTERM. Later ones change nothing: closing goes on in order. npx does not pass on the
 * signal that ends it, so under npm the loss of the parent counts as the word to stop.
 */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve());
    if (!isStartedByNpm()) return;
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      resolve();
    }, PARENT_CHECK_MS);
    timer.unref();
  });
}
