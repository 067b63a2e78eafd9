import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- A score of a model without a spatial output that is to be explained by hiding parts of the image, after the result
-- of its run has been stored. 'queued', then 'done', 'insufficient' (the time was up too early), 'failed' or
-- 'superseded'.
CREATE TABLE explanation (
  explanation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_key bigint NOT NULL REFERENCES analysis_run ON DELETE RESTRICT,
  model_run_key bigint NOT NULL REFERENCES model_run ON DELETE RESTRICT,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  label_id text NOT NULL,
  label text NOT NULL,
  sop_instance_uid text NOT NULL,
  frame integer NOT NULL,
  method text NOT NULL,
  state text NOT NULL DEFAULT 'queued',
  reason text,
  masks integer,
  planned_masks integer,
  milliseconds double precision,
  finished_at timestamptz
);
CREATE INDEX explanation_run ON explanation (run_key);
`;

/** Which scores are to be explained, and what came of it. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
