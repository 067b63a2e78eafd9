import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { priorityRank } from '#core/priority.ts';
import type { StudyEvent } from '#core/study-state.ts';
import type { AnalysisRunTable } from '#platform/database/analysis-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { addToOutbox } from '#platform/outbox/outbox.ts';
import { type StudyChange, updateStudy } from '#platform/study-store/update-study.ts';

export type RunTrigger = AnalysisRunTable['trigger'];

export interface RequestedRun {
  readonly runKey: string;
  /** studyKey_imageRevision_run: never used twice, since the queue ignores an id that it still holds. */
  readonly jobId: string;
}

interface NewRun {
  readonly imageRevision: string;
  readonly trigger: RunTrigger;
  readonly event: StudyEvent;
  readonly patch?: StudyChange['patch'];
}

/**
 * Queues an analysis of one image revision: status, run and outbox row in the transaction given. Runs of the study
 * that are still open are superseded.
 */
export async function queueRun(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  { imageRevision, trigger, event, patch }: NewRun,
): Promise<RequestedRun> {
  await updateStudy(trx, studyKey, { event, patch: { ...patch, statusReason: null } });
  await trx
    .updateTable('analysisRun')
    .set({ state: 'superseded', finishedAt: new Date() })
    .where('studyKey', '=', studyKey)
    .where('state', 'in', ['queued', 'running'])
    .execute();
  const { last, priority } = await trx
    .selectFrom('study')
    .leftJoin('analysisRun', 'analysisRun.studyKey', 'study.studyKey')
    .select(({ fn }) => ['study.priority', fn.max('analysisRun.number').as('last')])
    .where('study.studyKey', '=', studyKey)
    .groupBy('study.priority')
    .executeTakeFirstOrThrow();
  const number = (last ?? 0) + 1;
  const jobId = `${studyKey}_${imageRevision}_${number}`;
  const traceId = randomUUID();
  const { runKey } = await trx
    .insertInto('analysisRun')
    .values({ studyKey, imageRevision, number, jobId, trigger, state: 'queued', traceId })
    .returning('runKey')
    .executeTakeFirstOrThrow();
  await addToOutbox(trx, {
    job: 'triage',
    jobId,
    payload: { studyKey, imageRevision, runKey, traceId },
    priority: priorityRank(priority),
  });
  return { runKey, jobId };
}

/**
 * Asks for another run over the images that a study has: a retry by hand, a promoted model, the sweep. Dead letters of
 * its earlier runs are resolved by it.
 * @throws RadTriageError NOT_FOUND, ILLEGAL_TRANSITION (still receiving), PIXELS_MISSING (no image was ever completed)
 */
export async function requestRun(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  trigger: RunTrigger,
): Promise<RequestedRun> {
  const study = await trx
    .selectFrom('study')
    .select('imageRevision')
    .where('studyKey', '=', studyKey)
    .forUpdate()
    .executeTakeFirst();
  if (study === undefined) throw new RadTriageError('NOT_FOUND', 'no such study');
  const { imageRevision } = study;
  if (imageRevision === null) {
    throw new RadTriageError('PIXELS_MISSING', 'the study has no complete set of images');
  }
  const run = await queueRun(trx, studyKey, { imageRevision, trigger, event: 'rerun-requested' });
  await trx
    .updateTable('deadLetter')
    .set({ resolvedAt: new Date() })
    .where('studyKey', '=', studyKey)
    .where('resolvedAt', 'is', null)
    .execute();
  return run;
}
