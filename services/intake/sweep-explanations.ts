import type { Database } from '#platform/database/connect.ts';
import { hastenResults } from '#platform/study-results/request-results.ts';
import type { QueueProducer } from '#queue/open-queue.ts';
import {
  type ExplainedRun,
  explanationJobId,
  requestExplanations,
} from './request-explanations.ts';

const BATCH = 500;

/** Runs with explanations that are still to be made. */
async function findUnexplained(database: Database, before: Date): Promise<ExplainedRun[]> {
  return database
    .selectFrom('analysisRun as run')
    .select(['runKey', 'studyKey', 'imageRevision', 'traceId', 'jobId'])
    .where('finishedAt', '<', before)
    .where('runKey', 'in', ({ selectFrom }) =>
      selectFrom('explanation').select('explanation.runKey').where('state', '=', 'queued'),
    )
    .orderBy('finishedAt')
    .limit(BATCH)
    .execute();
}

async function isInOutbox(database: Database, jobId: string): Promise<boolean> {
  const unsent = await database
    .selectFrom('outbox')
    .select('outboxId')
    .where('jobId', '=', jobId)
    .where('sentAt', 'is', null)
    .executeTakeFirst();
  return unsent !== undefined;
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
  let resent = 0;
  for (const run of await findUnexplained(database, before)) {
    const jobId = explanationJobId(run);
    if (await isInOutbox(database, jobId)) continue;
    const standing = await producer.standingOf('explain', jobId);
    if (standing === 'unknown') {
      await database.transaction().execute((trx) => requestExplanations(trx, run));
      resent += 1;
    } else if (standing === 'completed') {
      await database
        .updateTable('explanation')
        .set({
          state: 'failed',
          reason: 'the job ended without a result',
          finishedAt: new Date(),
        })
        .where('runKey', '=', run.runKey)
        .where('state', '=', 'queued')
        .execute();
      await hastenResults(database, run.runKey);
    }
  }
  return resent;
}
