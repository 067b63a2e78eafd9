import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- The sweep asks every half minute which explanations are still to be made; those that are done are many.
CREATE INDEX explanation_queued ON explanation (run_key) WHERE state = 'queued';
`;

/** Lets the sweep find explanations that wait. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
