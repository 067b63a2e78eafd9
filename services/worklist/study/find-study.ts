import type { Transaction } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { StudyRow } from '../list/study-item.ts';

function unknownStudy(): RadTriageError {
  return new RadTriageError('NOT_FOUND', 'there is no such study');
}

/** @throws RadTriageError NOT_FOUND */
export async function findStudy(database: Database, studyInstanceUid: string): Promise<StudyRow> {
  const row = await database
    .selectFrom('study')
    .selectAll()
    .where('studyInstanceUid', '=', studyInstanceUid)
    .executeTakeFirst();
  if (row === undefined) throw unknownStudy();
  return row;
}

/** The study, held until the transaction ends: what is decided on it stays true. @throws RadTriageError NOT_FOUND */
export async function lockStudy(
  transaction: Transaction<DatabaseSchema>,
  studyInstanceUid: string,
): Promise<StudyRow> {
  const row = await transaction
    .selectFrom('study')
    .selectAll()
    .where('studyInstanceUid', '=', studyInstanceUid)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw unknownStudy();
  return row;
}
