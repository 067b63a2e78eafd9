import { type Kysely, sql } from 'kysely';

/** The summary of an evaluation at this site, kept with the version that was promoted on it. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE model_state ADD COLUMN evaluation jsonb`.execute(database);
}
