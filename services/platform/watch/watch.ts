import type { Logger } from '../logger/logger.ts';

export interface Watch {
  /** Looks as soon as it can: something may be due. */
  wake(): void;
  /** Resolves when the look under way is over. */
  close(): Promise<void>;
}

const MAX_PAUSE_MS = 5_000;
const MIN_PAUSE_MS = 5;
const AFTER_FAILURE_MS = 1_000;

/**
 * Calls `look` now, whenever it is woken, when the time comes that `look` named as the next, and every five seconds in
 * any case. Looks follow each other; one that fails is logged once, until one succeeds.
 */
export function startWatch(
  name: string,
  logger: Logger,
  look: () => Promise<Date | undefined>,
  now: () => number = Date.now,
): Watch {
  let closed = false;
  let failing = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> | undefined;

  const schedule = (pause: number): void => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(run, Math.min(Math.max(pause, MIN_PAUSE_MS), MAX_PAUSE_MS));
  };
  const run = (): void => {
    if (closed || current !== undefined) return;
    again = false;
    current = look()
      .then((next) => {
        if (failing) logger.info({}, `${name} go on`);
        failing = false;
        return next === undefined ? MAX_PAUSE_MS : next.getTime() - now();
      })
      .catch((error: unknown) => {
        if (!failing && !closed) logger.warn({ err: error }, `${name} wait`);
        failing = true;
        return AFTER_FAILURE_MS;
      })
      .then((pause) => {
        current = undefined;
        schedule(again && !failing ? 0 : pause);
      });
  };
  run();
  return {
    wake: () => {
      again = true;
      if (current === undefined) schedule(0);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await current;
    },
  };
}
