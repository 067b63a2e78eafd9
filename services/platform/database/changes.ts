import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from './schema.ts';

/** The channel on which every process says that a study changed. The payload is the Study Instance UID alone. */
export const CHANGE_CHANNEL = 'radtriage_changed';

/** Tells all listeners, once the surrounding transaction commits. */
export async function notifyChange(
  database: Kysely<DatabaseSchema>,
  studyInstanceUid: string,
): Promise<void> {
  await sql`SELECT pg_notify(${CHANGE_CHANNEL}, ${studyInstanceUid})`.execute(database);
}
