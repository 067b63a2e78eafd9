import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE impression (
  impression_id text PRIMARY KEY,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  reader text NOT NULL,
  -- 'nothing-to-report' or 'finding'.
  word text NOT NULL,
  comment text,
  marks jsonb NOT NULL,
  image_revision text,
  opened_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (study_key, reader)
);
`;

/** A reader's own impression, recorded before the AI's word is shown. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
