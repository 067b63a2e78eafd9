import type { Logger } from '#platform/logger/logger.ts';
import { type RetentionOptions, runRetention } from './run-retention.ts';

/** Runs retention now and then, where the site has declared any; what went is in the audit log. */
export function startRetention(options: RetentionOptions & { readonly logger: Logger }): {
  close(): Promise<void>;
} {
  const { retention, logger } = options;
  if (retention.removeAfterDays === undefined && retention.disk === undefined) {
    return { close: async () => undefined };
  }
  let current: Promise<void> | undefined;
  const pass = async (): Promise<void> => {
    try {
      const report = await runRetention(options);
      const { bytes, heldBack, stillFull } = report;
      const studies = report.removed.length;
      if (stillFull) logger.error({ studies, bytes, heldBack }, 'the disk stays too full');
      else if (studies > 0) logger.info({ studies, bytes, heldBack }, 'images removed');
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
