import type { CompletenessRules } from '#core/completeness/rule.ts';
import { loadCompletenessRules } from '#platform/completeness-rule/load-rule.ts';
import type { Config } from '#platform/config/config.ts';
import { CHANGE_CHANNEL } from '#platform/database/changes.ts';
import { type Database, isConnectionLoss, listenToChannel } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { pruneSignals } from './completion-signals.ts';
import { lookAtStudy, MAX_SLEEP_MS } from './look-at-study.ts';

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
const PRUNE_EVERY_MS = 3_600_000;

type Surroundings = AssemblyOptions & { readonly rules: CompletenessRules };

/** A study whose evidence cannot be read is judged by time alone: it must not wait for ever. */
async function look(options: Surroundings, studyKey: string): Promise<void> {
  const { database, assembly, rules, logger } = options;
  const judge = (byEvidence: boolean) =>
    lookAtStudy(database, studyKey, { assembly, rules, now: new Date(), byEvidence });
  const decision = await judge(true).catch(async (error: unknown) => {
    if (isConnectionLoss(error)) throw error;
    logger.error({ err: error, studyKey }, 'a study is judged by time alone');
    return judge(false);
  });
  if (decision?.complete !== true) return;
  const { by, reason, rule } = decision;
  logger.info({ studyKey, by, reason, rule: rule.name }, 'study complete');
}

/** Judges every study that is due. @returns milliseconds until the next one is, if any is waiting */
async function judgeDue(options: Surroundings): Promise<number | undefined> {
  const { database, logger } = options;
  const now = Date.now();
  const due = await database
    .selectFrom('study')
    .select('studyKey')
    .where('status', '=', 'receiving')
    .where(({ eb, or }) =>
      or([
        eb('lookAt', '<=', new Date(now)),
        // Further off than we ever put it: our clock was set back.
        eb('lookAt', '>', new Date(now + 2 * MAX_SLEEP_MS)),
      ]),
    )
    .orderBy('lookAt')
    .limit(BATCH)
    .execute();
  let failed = false;
  for (const { studyKey } of due) {
    try {
      await look(options, studyKey);
    } catch (error) {
      // The others go on; this one is due again at the next look.
      failed = true;
      logger.error({ err: error, studyKey }, 'a study could not be completed');
    }
  }
  if (failed) return MAX_PAUSE_MS;
  if (due.length === BATCH) return 0;
  const next = await database
    .selectFrom('study')
    .select(({ fn }) => fn.min('lookAt').as('at'))
    .where('status', '=', 'receiving')
    .executeTakeFirst();
  return next?.at ? next.at.getTime() - Date.now() : undefined;
}

/**
 * Watches for studies that are complete by the site's rules, or whose time is over, and hands them on. All it knows stands in Postgres: it may be killed
 * and started at any time, and run more than once.
 * @throws RadTriageError RULE_INVALID
 */
export function startAssembly(given: AssemblyOptions): Assembly {
  const { logger } = given;
  const rules = loadCompletenessRules(given.assembly.completenessRuleFile);
  const options = { ...given, rules };
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;
  let current: Promise<void> | undefined;
  let failing = false;

  const schedule = (delay: number): void => {
    if (closed || Date.now() + delay >= dueAt) return;
    clearTimeout(timer);
    dueAt = Date.now() + delay;
    timer = setTimeout(lookAround, delay);
  };
  const lookAround = (): void => {
    dueAt = Number.POSITIVE_INFINITY;
    if (current !== undefined || closed) return;
    current = judgeDue(options)
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
  const prune = (): void => {
    pruneSignals(options.database).catch((error: unknown) =>
      logger.debug({ err: error }, 'old completion signals stay for now'),
    );
  };
  const pruning = setInterval(prune, PRUNE_EVERY_MS);
  schedule(0);
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      clearInterval(pruning);
      await listener.close();
      await current;
    },
  };
}
