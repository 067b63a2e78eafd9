import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

export interface ReaderAct {
  readonly reader: string;
  readonly now: Date;
}

/** A radiologist has opened the study: what has been sent about it is seen, which acknowledges nothing. */
export async function markSeen(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  { reader, now }: ReaderAct,
): Promise<void> {
  await trx
    .updateTable('notification')
    .set({ seenBy: reader, seenAt: now })
    .where('studyKey', '=', studyKey)
    .where('sentAt', 'is not', null)
    .where('seenAt', 'is', null)
    .execute();
}

/** Acknowledges what has been sent about a study and was not acknowledged. @returns the keys and rules of these */
export function acknowledgeSent(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  { reader, now }: ReaderAct,
): Promise<{ notificationKey: string; rule: string }[]> {
  return trx
    .updateTable('notification')
    .set({ acknowledgedBy: reader, acknowledgedAt: now })
    .where('studyKey', '=', studyKey)
    .where('sentAt', 'is not', null)
    .where('acknowledgedAt', 'is', null)
    .returning(['notificationKey', 'rule'])
    .execute();
}
