import type { Kysely } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { addToOutbox } from '#platform/outbox/outbox.ts';

/** After every triage job: whoever waits for an active model's result goes first. */
const AFTER_ALL = 100;

export interface ShadowedRun {
  readonly runKey: string;
  readonly studyKey: string;
  readonly imageRevision: string;
  readonly traceId: string;
  /** Of the run itself. */
  readonly jobId: string;
  /** Of what was asked for before. */
  readonly shadowJobId: string | null;
}

function nextJobId({ jobId, shadowJobId }: ShadowedRun): string {
  if (shadowJobId === null) return `${jobId}_shadow`;
  const number = Number(/_shadow_(\d+)$/.exec(shadowJobId)?.[1] ?? 1);
  return `${jobId}_shadow_${number + 1}`;
}

/** Sends what was asked for on its way, once more too. */
export async function sendShadow(
  trx: Kysely<DatabaseSchema>,
  run: ShadowedRun & { readonly shadowJobId: string },
): Promise<void> {
  const { studyKey, imageRevision, runKey, traceId, shadowJobId } = run;
  await addToOutbox(trx, {
    job: 'shadow',
    jobId: shadowJobId,
    payload: { studyKey, imageRevision, runKey, traceId },
    priority: AFTER_ALL,
  });
}

/** Asks for the models in shadow to see a run that has ended: its row and the outbox, in the transaction given. */
export async function requestShadow(
  trx: Kysely<DatabaseSchema>,
  run: ShadowedRun,
): Promise<{ jobId: string }> {
  const shadowJobId = nextJobId(run);
  await trx
    .updateTable('analysisRun')
    .set({ shadowState: 'queued', shadowJobId, shadowReason: null, shadowFinishedAt: null })
    .where('runKey', '=', run.runKey)
    .execute();
  await sendShadow(trx, { ...run, shadowJobId });
  return { jobId: shadowJobId };
}

/**
 * Another try of one that was given up; its dead letter is resolved by it. The study is left as it is.
 * @throws RadTriageError NOT_FOUND
 */
export async function retryShadow(
  trx: Kysely<DatabaseSchema>,
  failedJobId: string,
): Promise<{ jobId: string }> {
  const run = await trx
    .selectFrom('analysisRun')
    .select(['runKey', 'studyKey', 'imageRevision', 'traceId', 'jobId', 'shadowJobId'])
    .where('shadowJobId', '=', failedJobId)
    .forUpdate()
    .executeTakeFirst();
  if (run === undefined) throw new RadTriageError('NOT_FOUND', 'no run waits for that job');
  await trx
    .updateTable('deadLetter')
    .set({ resolvedAt: new Date() })
    .where('jobId', '=', failedJobId)
    .execute();
  return requestShadow(trx, run);
}
