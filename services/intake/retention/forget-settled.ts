import { type Kysely, sql } from 'kysely';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** How many rows went of each kind. */
export interface Forgotten {
  readonly deliveries: number;
  readonly notifications: number;
  readonly resultSets: number;
}

type Trx = Kysely<DatabaseSchema>;

const DAY_MS = 86_400_000;
const BATCH = 5_000;
/** A destination that was asked to keep something may answer for so long. */
const ANSWERED_WITHIN_DAYS = 90;

/**
 * Forgets what results went where and who was told of them, once that is over and done with for the given days; each
 * batch is a count in the audit log. What waits, what failed and nobody has decided on, and what a destination may
 * still say something about stay.
 */
export async function forgetSettled(
  database: Database,
  options: { readonly now: Date; readonly keepRecordsDays: number; readonly actor: string },
): Promise<Forgotten> {
  const daysAgo = (days: number) => new Date(options.now.getTime() - days * DAY_MS);
  await database
    .deleteFrom('deliveryCommitment')
    .where('askedAt', '<', daysAgo(ANSWERED_WITHIN_DAYS))
    .execute();
  const before = daysAgo(options.keepRecordsDays);
  const total = { deliveries: 0, notifications: 0, resultSets: 0 };
  for (;;) {
    const batch = await database.transaction().execute(async (trx) => {
      const gone = {
        deliveries: await forgetDeliveries(trx, before),
        notifications: await forgetNotifications(trx, before),
        resultSets: await forgetResultSets(trx, before),
      };
      if (Object.values(gone).some((rows) => rows > 0)) {
        const details = { ...gone, settledBefore: before.toISOString() };
        await appendAudit(trx, { actor: options.actor, action: 'records.forgotten', details });
      }
      return gone;
    });
    total.deliveries += batch.deliveries;
    total.notifications += batch.notifications;
    total.resultSets += batch.resultSets;
    if (Object.values(batch).every((rows) => rows < BATCH)) return total;
  }
}

/** Not while the promise to keep the object is awaited: a late refusal sends it again. */
async function forgetDeliveries(trx: Trx, before: Date): Promise<number> {
  const gone = await sql`
    DELETE FROM delivery WHERE delivery_key IN (
      SELECT delivery_key FROM delivery
      WHERE state IN ('sent', 'superseded', 'dismissed') AND settled_at < ${before}
        AND coalesce(commitment_state, '') NOT IN ('wanted', 'asked')
        AND NOT EXISTS (SELECT FROM delivery_commitment
          WHERE delivery_commitment.transaction_uid = delivery.transaction_uid)
      LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`.execute(trx);
  return Number(gone.numAffectedRows);
}

/** Of an unread study nothing goes: somebody was told of it, and nobody has looked yet. */
async function forgetNotifications(trx: Trx, before: Date): Promise<number> {
  const gone = await sql`
    DELETE FROM notification WHERE notification_key IN (
      SELECT notification_key FROM notification
      WHERE state IN ('sent', 'dismissed') AND created_at < ${before}
        AND greatest(waiting_since, sent_at, acknowledged_at) < ${before}
        AND (study_key IS NULL OR EXISTS (SELECT FROM study
          WHERE study.study_key = notification.study_key
            AND study.reading_status IN ('reviewed', 'reported-elsewhere')))
      LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`.execute(trx);
  return Number(gone.numAffectedRows);
}

/**
 * The newest set of a study stays, and the newest that was made. One whose objects are still kept, or stand for the
 * study, stays with them: it says of them that they are ours, and what they show.
 */
async function forgetResultSets(trx: Trx, before: Date): Promise<number> {
  const { rows } = await sql<{ resultSetKey: string }>`
    SELECT result_set_key FROM result_set AS s
    WHERE state IN ('made', 'cancelled') AND greatest(created_at, due_at, made_at) < ${before}
      AND EXISTS (SELECT FROM result_set AS later
        WHERE later.study_key = s.study_key AND later.number > s.number
          AND (s.state = 'cancelled' OR later.state = 'made'))
      AND NOT EXISTS (SELECT FROM result_object AS o WHERE o.result_set_key = s.result_set_key AND (
        (o.superseded_at IS NULL AND o.kind <> 'rejection')
        OR EXISTS (SELECT FROM delivery WHERE delivery.result_object_key = o.result_object_key)
        OR EXISTS (SELECT FROM instance WHERE instance.sop_instance_uid = o.sop_instance_uid)))
    LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`.execute(trx);
  const keys = rows.map(({ resultSetKey }) => resultSetKey);
  if (keys.length === 0) return 0;
  await trx.deleteFrom('resultObject').where('resultSetKey', 'in', keys).execute();
  await trx.deleteFrom('resultSet').where('resultSetKey', 'in', keys).execute();
  return keys.length;
}
