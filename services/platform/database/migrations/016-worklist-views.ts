import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE worklist_view (
  view_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL,
  name text NOT NULL,
  shared boolean NOT NULL DEFAULT false,
  is_default boolean NOT NULL DEFAULT false,
  settings jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (owner, name)
);
`;

/** Filters, columns and sort of the worklist that readers keep under a name. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
