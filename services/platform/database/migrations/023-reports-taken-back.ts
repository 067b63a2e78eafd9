import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- Every word is kept, not only that a study was reported: one that is repeated must change nothing.
ALTER TABLE outside_report ADD COLUMN word text NOT NULL DEFAULT 'reported', ADD COLUMN said_at text,
  ADD COLUMN merged_into jsonb;
-- The words of one sender on one order.
CREATE INDEX outside_report_order ON outside_report (left(accession_number, 64), source);
-- Who took a report back so that the study is to be read again, when, and as what.
ALTER TABLE study ADD COLUMN returned_by text, ADD COLUMN returned_at timestamptz, ADD COLUMN returned_as text;
`;

/** Reports that other systems take back after the study has left the list, and patients that they merge. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
