import type { Insertable, Kysely } from 'kysely';
import type { NotificationMessageTable } from '#platform/database/door-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

export type Message = Omit<Insertable<NotificationMessageTable>, 'messageKey' | 'receivedAt'> & {
  readonly receivedAt: Date;
};

/** Long enough to look into a quarrel with a modality; what was made of a message stays as long as its study. */
const KEEP_DAYS = 90;
const DAY_MS = 86_400_000;

/** Keeps a message as it was sent, and forgets those of long ago. */
export async function keepMessage(trx: Kysely<DatabaseSchema>, message: Message): Promise<void> {
  const before = new Date(message.receivedAt.getTime() - KEEP_DAYS * DAY_MS);
  await trx.deleteFrom('notificationMessage').where('receivedAt', '<', before).execute();
  await trx.deleteFrom('performedProcedureStep').where('changedAt', '<', before).execute();
  await trx.insertInto('notificationMessage').values(message).execute();
}
