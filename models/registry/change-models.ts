import { type Kysely, sql } from 'kysely';
import { asDatabaseError, type Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** Of pg_advisory_xact_lock: what is pinned, and which version is active, changes one after the other. */
const MODELS_LOCK = 7_236_014_202;

/** A change of what the database keeps of models: all of it or none, and one at a time. */
export async function changeModels<T>(
  database: Database,
  work: (transaction: Kysely<DatabaseSchema>) => Promise<T>,
): Promise<T> {
  try {
    return await database.transaction().execute(async (transaction) => {
      await sql`SELECT pg_advisory_xact_lock(${MODELS_LOCK})`.execute(transaction);
      return work(transaction);
    });
  } catch (error) {
    throw asDatabaseError(error);
  }
}
