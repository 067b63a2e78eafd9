import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import type { QueueProducer } from '#queue/open-queue.ts';
import { type ShadowedRun, sendShadow } from './request-shadow.ts';
import { isInOutbox, SWEPT_AT_ONCE, sweepJobs } from './sweep-jobs.ts';

type OpenShadow = ShadowedRun & { readonly shadowJobId: string };

async function findOpenShadows(database: Database, before: Date): Promise<OpenShadow[]> {
  const rows = await database
    .selectFrom('analysisRun as run')
    .select(['runKey', 'studyKey', 'imageRevision', 'traceId', 'jobId', 'shadowJobId'])
    .where('shadowState', '=', 'queued')
    .where('finishedAt', '<', before)
    .where(sql<boolean>`NOT ${isInOutbox(sql.ref('run.shadowJobId'))}`)
    .orderBy('finishedAt')
    .limit(SWEPT_AT_ONCE)
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
  const shadows = {
    job: 'shadow' as const,
    work: await findOpenShadows(database, before),
    jobIdOf: ({ shadowJobId }: OpenShadow) => shadowJobId,
    resend: (run: OpenShadow) => database.transaction().execute((trx) => sendShadow(trx, run)),
    settle: (run: OpenShadow) => fail(database, run),
  };
  const { resent } = await sweepJobs(shadows, producer);
  return resent;
}

async function fail(database: Database, { runKey, shadowJobId }: OpenShadow): Promise<void> {
  const shadowReason = 'the job ended without a result';
  await database
    .updateTable('analysisRun')
    .set({ shadowState: 'failed', shadowReason, shadowFinishedAt: new Date() })
    .where('runKey', '=', runKey)
    .where('shadowState', '=', 'queued')
    .where('shadowJobId', '=', shadowJobId)
    .execute();
}
