import type { Kysely, Selectable } from 'kysely';
import { canTransition } from '#core/study-state.ts';
import type { AnalysisRunTable } from '#platform/database/analysis-tables.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { StudyTable } from '#platform/database/study-tables.ts';
import { currentImages } from '#platform/study-store/current-images.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import type { JobPayload } from '#queue/contracts.ts';
import type { ImageRow } from './triage-types.ts';

export type TriageJob = JobPayload<'triage'>;
export type StudyRow = Selectable<StudyTable>;
export type RunRow = Selectable<AnalysisRunTable>;

/** A run under way: the image instances that its revision is made of. */
export interface BegunRun {
  readonly images: readonly ImageRow[];
}

export interface LockedRun {
  readonly study: StudyRow;
  readonly run: RunRow;
  /** False when newer images or a newer run have taken the study's place: its row is not ours to change. */
  readonly isCurrent: boolean;
}

/** Locks the study, then the run: always in this order. Undefined when either does not exist. */
export async function lockRun(
  transaction: Kysely<DatabaseSchema>,
  job: TriageJob,
): Promise<LockedRun | undefined> {
  const study = await transaction
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', job.studyKey)
    .forUpdate()
    .executeTakeFirst();
  const run = await transaction
    .selectFrom('analysisRun')
    .selectAll()
    .where('runKey', '=', job.runKey)
    .where('studyKey', '=', job.studyKey)
    .forUpdate()
    .executeTakeFirst();
  if (study === undefined || run === undefined) return undefined;
  const newer = await transaction
    .selectFrom('analysisRun')
    .select('runKey')
    .where('studyKey', '=', job.studyKey)
    .where('number', '>', run.number)
    .limit(1)
    .executeTakeFirst();
  const isSameRevision = study.imageRevision === run.imageRevision;
  return { study, run, isCurrent: isSameRevision && newer === undefined };
}

/** A run in any other state has come to its end. */
export function isOpen(run: RunRow): boolean {
  return run.state === 'queued' || run.state === 'running';
}

/**
 * Takes a run up, or gives undefined when there is nothing to do: it has come to its end, or newer images or a newer
 * run have superseded it. A run that a dead worker left behind is taken up again.
 */
export async function beginRun(database: Database, job: TriageJob): Promise<BegunRun | undefined> {
  return database.transaction().execute(async (transaction) => {
    const locked = await lockRun(transaction, job);
    if (locked === undefined || !isOpen(locked.run)) return undefined;
    const { study, run, isCurrent } = locked;
    if (!isCurrent || !canTransition(study.status, 'analysis-started')) {
      await supersedeRun(transaction, run);
      return undefined;
    }
    await updateStudy(transaction, study.studyKey, {
      event: 'analysis-started',
      patch: { statusReason: null },
    });
    const startedAt = new Date();
    const started = { state: 'running', startedAt, attempts: run.attempts + 1 } as const;
    await transaction
      .updateTable('analysisRun')
      .set(started)
      .where('runKey', '=', run.runKey)
      .execute();
    const images = await readImageRows(transaction, study.studyKey);
    return { images };
  });
}

async function supersedeRun(transaction: Kysely<DatabaseSchema>, run: RunRow): Promise<void> {
  const reason = 'newer images or a newer run came before it began';
  await transaction
    .updateTable('analysisRun')
    .set({ state: 'superseded', reason, finishedAt: new Date() })
    .where('runKey', '=', run.runKey)
    .execute();
}

/** The images that a study is made of now, in the order in which they are read. */
export function readImageRows(
  transaction: Kysely<DatabaseSchema>,
  studyKey: string,
): Promise<ImageRow[]> {
  return currentImages(transaction, studyKey)
    .select(['sopInstanceUid', 'seriesInstanceUid', 'seriesNumber', 'instanceNumber'])
    .select(['transferSyntaxUid', 'blobPath', 'dataSetOffset'])
    .select(['rows', 'columns', 'numberOfFrames', 'modality'])
    .execute();
}
