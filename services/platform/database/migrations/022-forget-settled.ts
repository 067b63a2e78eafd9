import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE INDEX delivery_settled ON delivery (settled_at)
  WHERE state IN ('sent', 'superseded', 'dismissed');
`;

/** Lets retention find deliveries that were settled long ago. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
