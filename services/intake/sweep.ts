import { sql } from 'kysely';
import { priorityRank } from '#core/priority.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { addToOutbox } from '#platform/outbox/outbox.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import type { QueueProducer } from '#queue/open-queue.ts';
import { requestRun } from './request-run.ts';
import { sweepExplanations } from './sweep-explanations.ts';
import { isInOutbox, SWEPT_AT_ONCE, sweepJobs } from './sweep-jobs.ts';
import { sweepShadows } from './sweep-shadows.ts';

export interface SweepOptions {
  readonly database: Database;
  readonly producer: Pick<QueueProducer, 'standingOf'>;
  readonly logger: Logger;
  readonly everyMs?: number | undefined;
  /** Younger runs are left alone: they may be on their way. */
  readonly olderThanMs?: number | undefined;
  /** Told of each sweep of `startSweep`, for metrics. */
  readonly onReport?: ((report: SweepReport) => void) | undefined;
}

export interface SweepReport {
  /** Sent again: the queue knew nothing of them (a Redis that lost its data). */
  readonly resent: number;
  /** Begun anew: their job had ended, but the run had not. */
  readonly rerun: number;
}

const EVERY_MS = 30_000;
const OLDER_THAN_MS = 30_000;

interface OpenRun {
  readonly runKey: string;
  readonly studyKey: string;
  readonly imageRevision: string;
  readonly jobId: string;
  readonly trigger: string;
  readonly traceId: string;
  readonly priority: 'STAT' | 'HIGH' | 'MEDIUM' | 'LOW';
}

/** Runs that are open in our books and have left the outbox. */
async function findOpenRuns(database: Database, before: Date): Promise<OpenRun[]> {
  return database
    .selectFrom('analysisRun as run')
    .innerJoin('study', 'study.studyKey', 'run.studyKey')
    .select([
      'run.runKey',
      'run.studyKey',
      'run.imageRevision',
      'run.jobId',
      'run.trigger',
      'run.traceId',
      'study.priority',
    ])
    .where('run.state', 'in', ['queued', 'running'])
    .where('run.createdAt', '<', before)
    .where(sql<boolean>`NOT ${isInOutbox(sql.ref('run.jobId'))}`)
    .orderBy('run.createdAt')
    .limit(SWEPT_AT_ONCE)
    .execute();
}

async function resend(database: Database, run: OpenRun): Promise<void> {
  const { studyKey, imageRevision, runKey, traceId, jobId } = run;
  await database.transaction().execute((trx) =>
    addToOutbox(trx, {
      job: 'triage',
      jobId,
      payload: { studyKey, imageRevision, runKey, traceId },
      priority: priorityRank(run.priority),
    }),
  );
}

/** The job ended without the run having ended: once more; when that happens to the sweep's own run, it has failed. */
async function beginAnew(database: Database, run: OpenRun): Promise<void> {
  await database.transaction().execute(async (trx) => {
    const { status } = await trx
      .selectFrom('study')
      .select('status')
      .where('studyKey', '=', run.studyKey)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const still = await trx
      .selectFrom('analysisRun')
      .select('state')
      .where('runKey', '=', run.runKey)
      .where('state', 'in', ['queued', 'running'])
      .executeTakeFirst();
    if (still === undefined) return;
    const isOpen = status === 'queued' || status === 'analysing';
    if (isOpen && run.trigger !== 'sweep') {
      await requestRun(trx, run.studyKey, 'sweep');
      return;
    }
    // New images have overtaken it, or it has come to nothing twice.
    const reason = isOpen ? 'the analysis ended twice without a result' : 'the study went on';
    await trx
      .updateTable('analysisRun')
      .set({ state: isOpen ? 'failed' : 'superseded', reason, finishedAt: new Date() })
      .where('runKey', '=', run.runKey)
      .execute();
    if (isOpen) {
      const patch = { statusReason: reason };
      await updateStudy(trx, run.studyKey, { event: 'analysis-failed', patch });
    }
  });
}

/** Compares our books with the queue once, and sends again what it has forgotten. */
export async function sweepRuns(options: SweepOptions): Promise<SweepReport> {
  const { database, producer, logger } = options;
  const before = new Date(Date.now() - (options.olderThanMs ?? OLDER_THAN_MS));
  const runs = {
    job: 'triage' as const,
    work: await findOpenRuns(database, before),
    jobIdOf: ({ jobId }: OpenRun) => jobId,
    resend: (run: OpenRun) => resend(database, run),
    settle: (run: OpenRun) => beginAnew(database, run),
  };
  const swept = await sweepJobs(runs, producer);
  const rerun = swept.settled;
  let { resent } = swept;
  resent += await sweepShadows(database, producer, before);
  resent += await sweepExplanations(database, producer, before);
  if (resent + rerun > 0) logger.warn({ resent, rerun }, 'the queue had forgotten analyses');
  return { resent, rerun };
}

/** Sweeps at the start and then every half minute. */
export function startSweep(options: SweepOptions): { close(): Promise<void> } {
  let current = Promise.resolve();
  const sweep = (): void => {
    current = current
      .then(async () => {
        const report = await sweepRuns(options);
        options.onReport?.(report);
      })
      .catch((error: unknown) => options.logger.debug({ err: error }, 'the sweep waits'));
  };
  const timer = setInterval(sweep, options.everyMs ?? EVERY_MS);
  sweep();
  return {
    close: async () => {
      clearInterval(timer);
      await current;
    },
  };
}
