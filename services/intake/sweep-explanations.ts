import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import { hastenResults } from '#platform/study-results/request-results.ts';
import type { QueueProducer } from '#queue/open-queue.ts';
import {
  type ExplainedRun,
  explanationJobId,
  explanationJobIdInSql,
  requestExplanations,
} from './request-explanations.ts';
import { isInOutbox, SWEPT_AT_ONCE, sweepJobs } from './sweep-jobs.ts';

/** Runs with explanations that are still to be made. */
async function findUnexplained(database: Database, before: Date): Promise<ExplainedRun[]> {
  return database
    .selectFrom('analysisRun as run')
    .select(['runKey', 'studyKey', 'imageRevision', 'traceId', 'jobId'])
    .where('finishedAt', '<', before)
    .where('runKey', 'in', ({ selectFrom }) =>
      selectFrom('explanation').select('explanation.runKey').where('state', '=', 'queued'),
    )
    .where(sql<boolean>`NOT ${isInOutbox(explanationJobIdInSql(sql.ref('run.jobId')))}`)
    .orderBy('finishedAt')
    .limit(SWEPT_AT_ONCE)
    .execute();
}

/**
 * Sends jobs again that the queue knows nothing of: their readers would be told for ever that an explanation is being
 * made. Where the job ended and explanations are still open, they have failed.
 * @returns how many were sent again
 */
export async function sweepExplanations(
  database: Database,
  producer: Pick<QueueProducer, 'standingOf'>,
  before: Date,
): Promise<number> {
  const explanations = {
    job: 'explain' as const,
    work: await findUnexplained(database, before),
    jobIdOf: explanationJobId,
    resend: (run: ExplainedRun) =>
      database.transaction().execute((trx) => requestExplanations(trx, run)),
    settle: (run: ExplainedRun) => fail(database, run),
  };
  const { resent } = await sweepJobs(explanations, producer);
  return resent;
}

async function fail(database: Database, { runKey }: ExplainedRun): Promise<void> {
  const reason = 'the job ended without a result';
  await database
    .updateTable('explanation')
    .set({ state: 'failed', reason, finishedAt: new Date() })
    .where('runKey', '=', runKey)
    .where('state', '=', 'queued')
    .execute();
  await hastenResults(database, runKey);
}
