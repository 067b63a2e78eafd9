import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';

export interface RemovableStudy {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  readonly instances: number;
  readonly bytes: number;
  /** The later of its last image and its last reading. */
  readonly lastUsedAt: Date;
}

/** What holds studies back that are old enough, for the report. */
export interface HeldBack {
  readonly unread: number;
  readonly underWay: number;
  readonly quarantined: number;
  readonly undelivered: number;
}

const READ = ['reviewed', 'reported-elsewhere'] as const;
const UNDER_WAY = ['receiving', 'queued', 'analysing'] as const;

/** The later of the last image and the last reading. */
const lastUsed = sql<Date>`greatest(
  study.received_at,
  coalesce(study.last_image_at, study.received_at),
  coalesce((SELECT max(review.created_at) FROM review WHERE review.study_key = study.study_key), study.received_at)
)`;
const isQuarantined = sql<boolean>`EXISTS (
  SELECT FROM instance WHERE instance.study_key = study.study_key AND instance.standing = 'conflict'
)`;
/** A rejection note goes on hiding what it names, also when that is sent again: it is small, and stays. */
export const isRejectionNote = sql<boolean>`EXISTS (
  SELECT FROM quarantine
  WHERE quarantine.kind = 'rejection-note' AND quarantine.instance_key = instance.instance_key
)`;
/** Work that was written down for somebody and has not gone out yet: jobs, results to be made, objects to be sent. */
const isUndelivered = sql<boolean>`(EXISTS (
  SELECT FROM outbox WHERE outbox.sent_at IS NULL AND outbox.payload->>'studyKey' = study.study_key::text
) OR EXISTS (
  SELECT FROM result_set WHERE result_set.study_key = study.study_key AND result_set.state IN ('waiting', 'failed')
) OR EXISTS (
  SELECT FROM delivery WHERE delivery.study_key = study.study_key AND delivery.state IN ('waiting', 'dead')
))`;

/**
 * Studies whose images may go, those used longest ago first: read, at rest, nothing about them undecided or on its way,
 * and no object in them younger than `keptSince`.
 */
export async function selectRemovable(
  database: Database,
  limits: { lastUsedBefore: Date; keptSince: Date; limit: number; studyKey?: string },
): Promise<RemovableStudy[]> {
  const rows = await database
    .selectFrom('study')
    .innerJoin('instance', 'instance.studyKey', 'study.studyKey')
    .select(({ fn }) => [
      'study.studyKey',
      'study.studyInstanceUid',
      fn.count<string>('instance.instanceKey').as('instances'),
      fn.sum<string>('instance.fileBytes').as('bytes'),
      lastUsed.as('lastUsedAt'),
    ])
    .where('study.readingStatus', 'in', READ)
    .where('study.status', 'not in', UNDER_WAY)
    .where(sql<boolean>`NOT ${isRejectionNote}`)
    .where(sql<boolean>`NOT ${isQuarantined}`)
    .where(sql<boolean>`NOT ${isUndelivered}`)
    .where(lastUsed, '<', limits.lastUsedBefore)
    .$if(limits.studyKey !== undefined, (query) =>
      query.where('study.studyKey', '=', limits.studyKey ?? ''),
    )
    .groupBy('study.studyKey')
    .having(({ fn }) => fn.max('instance.receivedAt'), '<', limits.keptSince)
    .orderBy('lastUsedAt')
    .limit(limits.limit)
    .execute();
  return rows.map((row) => ({
    ...row,
    instances: Number(row.instances),
    bytes: Number(row.bytes),
  }));
}

/** How many studies are old enough to go and stay, by the first reason that holds them. */
export async function countHeldBack(database: Database, before: Date): Promise<HeldBack> {
  const reason = sql<string>`CASE
    WHEN study.reading_status NOT IN ('reviewed', 'reported-elsewhere') THEN 'unread'
    WHEN study.status IN ('receiving', 'queued', 'analysing') THEN 'underWay'
    WHEN ${isQuarantined} THEN 'quarantined'
    WHEN ${isUndelivered} THEN 'undelivered'
    ELSE 'removable'
  END`;
  const rows = await database
    .selectFrom('study')
    .select(({ fn }) => [reason.as('reason'), fn.countAll<string>().as('studies')])
    .where('imagesRemovedAt', 'is', null)
    .where(lastUsed, '<', before)
    .groupBy(reason)
    .execute();
  const of = (name: string): number =>
    Number(rows.find((row) => row.reason === name)?.studies ?? 0);
  return {
    unread: of('unread'),
    underWay: of('underWay'),
    quarantined: of('quarantined'),
    undelivered: of('undelivered'),
  };
}
