import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- Who said last that the study was reported elsewhere, and when.
ALTER TABLE study ADD COLUMN reported_by text, ADD COLUMN reported_at timestamptz;

CREATE TABLE outside_report (
  report_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  via text NOT NULL,
  message_id text NOT NULL,
  repeat_key text NOT NULL,
  -- One of both.
  accession_number text,
  study_instance_uid text,
  site text,
  patient_ids jsonb NOT NULL,
  birth_date text,
  state text NOT NULL,
  reason text,
  -- Study key to the image revision that it had when a reader was found to have it open.
  held_revisions jsonb NOT NULL DEFAULT '{}',
  settled_studies text[] NOT NULL DEFAULT '{}',
  received_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  settled_at timestamptz,
  UNIQUE (source, repeat_key)
);
CREATE INDEX outside_report_open ON outside_report (left(accession_number, 64))
  WHERE state IN ('waiting', 'held');
CREATE INDEX outside_report_refused ON outside_report (received_at) WHERE state = 'refused';
CREATE INDEX outside_report_settled ON outside_report (settled_at);
`;

/** Studies that were reported elsewhere, as other systems tell it. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
