import type { Database } from '#platform/database/connect.ts';
import type { QueueProducer } from '#queue/open-queue.ts';
import { sendShadow } from './request-shadow.ts';

const BATCH = 500;

async function findOpenShadows(database: Database, before: Date) {
  const rows = await database
    .selectFrom('analysisRun as run')
    .select(['runKey', 'studyKey', 'imageRevision', 'traceId', 'jobId', 'shadowJobId'])
    .where('shadowState', '=', 'queued')
    .where('finishedAt', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbox')
            .select('outboxId')
            .whereRef('outbox.jobId', '=', 'run.shadowJobId')
            .where('sentAt', 'is', null),
        ),
      ),
    )
    .orderBy('finishedAt')
    .limit(BATCH)
    .execute();
  return rows.flatMap(({ shadowJobId, ...run }) =>
    shadowJobId === null ? [] : [{ ...run, shadowJobId }],
  );
}

/**
 * Sends shadow jobs again that the queue knows nothing of. One that ended without its run having heard of it has
 * failed: nobody waits for it.
 * @returns how many were sent again
 */
export async function sweepShadows(
  database: Database,
  producer: Pick<QueueProducer, 'standingOf'>,
  before: Date,
): Promise<number> {
  let resent = 0;
  for (const run of await findOpenShadows(database, before)) {
    const standing = await producer.standingOf('shadow', run.shadowJobId);
    if (standing === 'unknown') {
      await database.transaction().execute((trx) => sendShadow(trx, run));
      resent += 1;
    } else if (standing === 'completed') {
      const shadowReason = 'the job ended without a result';
      await database
        .updateTable('analysisRun')
        .set({ shadowState: 'failed', shadowReason, shadowFinishedAt: new Date() })
        .where('runKey', '=', run.runKey)
        .where('shadowState', '=', 'queued')
        .where('shadowJobId', '=', run.shadowJobId)
        .execute();
    }
  }
  return resent;
}
