import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- One row: names this installation in what it makes, for good.
CREATE TABLE installation (installation_id uuid PRIMARY KEY DEFAULT gen_random_uuid());
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE result_set (
  result_set_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  -- Null when a radiologist signed a study that has no result of a model.
  run_key bigint REFERENCES analysis_run ON DELETE RESTRICT,
  review_id text REFERENCES review ON DELETE RESTRICT,
  number integer NOT NULL,
  -- 'waiting', then 'made', 'failed' or 'cancelled'.
  state text NOT NULL DEFAULT 'waiting',
  reason text,
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  made_at timestamptz,
  UNIQUE (study_key, number)
);
CREATE INDEX result_set_due ON result_set (due_at) WHERE state = 'waiting';

CREATE TABLE result_object (
  result_object_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  result_set_key bigint NOT NULL REFERENCES result_set ON DELETE RESTRICT,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  kind text NOT NULL,
  sop_class_uid text NOT NULL,
  sop_instance_uid text NOT NULL UNIQUE,
  series_instance_uid text NOT NULL,
  transfer_syntax_uid text NOT NULL,
  blob_path text NOT NULL,
  data_set_offset integer NOT NULL,
  file_bytes bigint NOT NULL,
  shows_place boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  superseded_at timestamptz
);
CREATE INDEX result_object_set ON result_object (result_set_key);
CREATE INDEX result_object_study ON result_object (study_key);
`;

/** Results as DICOM objects: what is to be made of a run or a review, and what was made. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
