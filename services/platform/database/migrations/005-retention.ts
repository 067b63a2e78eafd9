import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
ALTER TABLE study ADD images_removed_at timestamptz;
CREATE INDEX study_reviewed ON study (received_at)
  WHERE reading_status IN ('reviewed', 'reported-elsewhere') AND images_removed_at IS NULL;

CREATE TABLE removed_file (
  blob_path text PRIMARY KEY,
  removed_at timestamptz NOT NULL DEFAULT now()
);
`;

/** Images that retention removed, and the files that are still to be deleted. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
