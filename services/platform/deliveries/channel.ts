import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

/** Says that there is something to deliver. The payload is the name of the destination. */
export const DELIVERY_CHANNEL = 'radtriage_delivery';

/** Wakes whoever serves a destination, once the surrounding transaction commits. */
export async function notifyDestination(
  database: Kysely<DatabaseSchema>,
  destination: string,
): Promise<void> {
  await sql`SELECT pg_notify(${DELIVERY_CHANNEL}, ${destination})`.execute(database);
}
