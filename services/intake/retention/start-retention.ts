import type { Logger } from '#platform/logger/logger.ts';
import { forgetSettled } from './forget-settled.ts';
import { type RetentionOptions, runRetention } from './run-retention.ts';

const DAY_MS = 86_400_000;

/**
 * Removes images now and then, where the site has declared so, and once a day forgets what became of results long ago;
 * what went is in the audit log.
 */
export function startRetention(options: RetentionOptions & { readonly logger: Logger }): {
  close(): Promise<void>;
} {
  const { retention, logger } = options;
  let forgottenAt = Number.NEGATIVE_INFINITY;
  let current: Promise<void> | undefined;
  const pass = async (): Promise<void> => {
    try {
      if (performance.now() - forgottenAt >= DAY_MS) {
        await forget(options);
        forgottenAt = performance.now();
      }
      if (retention.removeAfterDays !== undefined || retention.disk !== undefined) {
        await removeDue(options);
      }
    } catch (error) {
      logger.warn({ err: error }, 'retention waits');
    }
    current = undefined;
  };
  const timer = setInterval(() => {
    current ??= pass();
  }, retention.everyMinutes * 60_000);
  current = pass();
  return {
    close: async () => {
      clearInterval(timer);
      await current;
    },
  };
}

type LoggedOptions = Parameters<typeof startRetention>[0];

async function forget({ database, retention, actor, now, logger }: LoggedOptions): Promise<void> {
  const { keepRecordsDays } = retention;
  const at = now?.() ?? new Date();
  const forgotten = await forgetSettled(database, { now: at, keepRecordsDays, actor });
  const rows = Object.values(forgotten).reduce((sum, each) => sum + each, 0);
  if (rows > 0) logger.info(forgotten, 'old records of results forgotten');
}

async function removeDue(options: LoggedOptions): Promise<void> {
  const { logger } = options;
  const { bytes, heldBack, stillFull, removed } = await runRetention(options);
  const studies = removed.length;
  if (stillFull) logger.error({ studies, bytes, heldBack }, 'the disk stays too full');
  else if (studies > 0) logger.info({ studies, bytes, heldBack }, 'images removed');
}
