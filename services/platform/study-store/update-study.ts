import { type Kysely, sql, type Updateable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextStatus, type StudyEvent, type StudyStatus } from '#core/study-state.ts';
import { notifyChange } from '../database/changes.ts';
import type { DatabaseSchema } from '../database/schema.ts';
import type { StudyTable } from '../database/study-tables.ts';

type Protected = 'studyKey' | 'studyInstanceUid' | 'version' | 'status';

export interface StudyChange {
  /** The version that the caller has seen; without it, whatever is there. */
  readonly expectedVersion?: number | undefined;
  /** Changes the status by the one transition table. */
  readonly event?: StudyEvent | undefined;
  readonly patch?: Omit<Updateable<StudyTable>, Protected> | undefined;
}

export interface ChangedStudy {
  readonly studyInstanceUid: string;
  readonly version: number;
  readonly status: StudyStatus;
}

/**
 * Changes a study within a transaction: compares the version, moves the status, counts the version up and tells all
 * listeners once the transaction commits.
 * @throws RadTriageError NOT_FOUND, STALE_VERSION, ILLEGAL_TRANSITION
 */
export async function updateStudy(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  change: StudyChange,
): Promise<ChangedStudy> {
  const study = await trx
    .selectFrom('study')
    .select(['studyInstanceUid', 'version', 'status'])
    .where('studyKey', '=', studyKey)
    .forUpdate()
    .executeTakeFirst();
  if (study === undefined) throw new RadTriageError('NOT_FOUND', 'no such study');
  const { expectedVersion } = change;
  if (expectedVersion !== undefined && expectedVersion !== study.version) {
    throw new RadTriageError(
      'STALE_VERSION',
      `the study has changed: version ${study.version}, not ${expectedVersion}`,
      { details: { version: study.version, expectedVersion } },
    );
  }
  const status = change.event === undefined ? study.status : nextStatus(study.status, change.event);
  const version = study.version + 1;
  await trx
    .updateTable('study')
    .set({ ...change.patch, status, version: sql<number>`version + 1` })
    .where('studyKey', '=', studyKey)
    .execute();
  await notifyChange(trx, study.studyInstanceUid);
  return { studyInstanceUid: study.studyInstanceUid, version, status };
}
