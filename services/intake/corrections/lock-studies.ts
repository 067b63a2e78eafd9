import type { Kysely } from 'kysely';
import type { Priority } from '#core/priority.ts';
import type { ReadingStatus, StudyStatus } from '#core/study-state.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

export interface LockedStudy {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  readonly status: StudyStatus;
  readonly readingStatus: ReadingStatus;
  readonly receivedAt: Date;
  readonly waitingSince: Date | null;
  readonly lookFloor: Date | null;
  readonly imageCount: number;
  readonly basePriority: Priority;
  readonly priority: Priority;
  readonly orderPrioritySource: string;
}

/**
 * Locks those of the studies that exist. The standing of an instance changes only while its study is locked.
 * Always in one order, so that two writers never wait for each other.
 */
export function lockStudies(
  trx: Kysely<DatabaseSchema>,
  uids: readonly string[],
): Promise<LockedStudy[]> {
  return trx
    .selectFrom('study')
    .select(['studyKey', 'studyInstanceUid', 'status', 'readingStatus', 'receivedAt'])
    .select([
      'waitingSince',
      'lookFloor',
      'imageCount',
      'basePriority',
      'priority',
      'orderPrioritySource',
    ])
    .where('studyInstanceUid', 'in', uids)
    .orderBy('studyInstanceUid')
    .forUpdate()
    .execute();
}
