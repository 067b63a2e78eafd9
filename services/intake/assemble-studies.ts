import type { Config } from '#platform/config/config.ts';
import { CHANGE_CHANNEL } from '#platform/database/changes.ts';
import { type Database, listenToChannel } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { completeStudy } from './complete-study.ts';

export interface AssemblyOptions {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly assembly: Config['assembly'];
  readonly logger: Logger;
}

export interface Assembly {
  close(): Promise<void>;
}

const MAX_PAUSE_MS = 1_000;
const MIN_PAUSE_MS = 20;
const BATCH = 50;

/** Closes every study that is due. @returns milliseconds until the next one is, if any is waiting */
async function completeDue({
  database,
  assembly,
  logger,
}: AssemblyOptions): Promise<number | undefined> {
  const due = await database
    .selectFrom('study')
    .select('studyKey')
    .where('status', '=', 'receiving')
    .where('quietUntil', '<=', new Date())
    .orderBy('quietUntil')
    .limit(BATCH)
    .execute();
  for (const { studyKey } of due) {
    try {
      const closed = await completeStudy(database, studyKey, { assembly, now: new Date() });
      if (closed) logger.info({ studyKey }, 'study complete');
    } catch (error) {
      // The others go on; this one is due again at the next look.
      logger.error({ err: error, studyKey }, 'a study could not be completed');
    }
  }
  if (due.length === BATCH) return 0;
  const next = await database
    .selectFrom('study')
    .select(({ fn }) => fn.min('quietUntil').as('at'))
    .where('status', '=', 'receiving')
    .executeTakeFirst();
  return next?.at ? next.at.getTime() - Date.now() : undefined;
}

/**
 * Watches for studies whose quiet time is over and hands them on. All it knows stands in Postgres: it may be killed
 * and started at any time, and run more than once.
 */
export function startAssembly(options: AssemblyOptions): Assembly {
  const { logger } = options;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let current: Promise<void> | undefined;
  let failing = false;

  const schedule = (delay: number): void => {
    if (closed || Date.now() + delay >= dueAt) return;
    clearTimeout(timer);
    dueAt = Date.now() + delay;
    timer = setTimeout(look, delay);
  };
  const look = (): void => {
    dueAt = Number.POSITIVE_INFINITY;
    if (current !== undefined || closed) return;
    current = completeDue(options)
      .then((pause) => {
        if (failing) logger.info({}, 'study assembly goes on');
        failing = false;
        return Math.min(Math.max(pause ?? MAX_PAUSE_MS, MIN_PAUSE_MS), MAX_PAUSE_MS);
      })
      .catch((error: unknown) => {
        if (!failing) logger.warn({ err: error }, 'study assembly waits');
        failing = true;
        return MAX_PAUSE_MS;
      })
      .then((pause) => {
        current = undefined;
        schedule(pause);
      });
  };
  const wake = (): void => schedule(MIN_PAUSE_MS);
  const listener = listenToChannel(options.databaseUrl, CHANGE_CHANNEL, {
    onMessage: wake,
    onConnect: wake,
  });
  schedule(0);
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await listener.close();
      await current;
    },
  };
}
