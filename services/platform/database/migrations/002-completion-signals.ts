import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE completion_signal (
  signal_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_instance_uid text NOT NULL,
  kind text NOT NULL,
  source text NOT NULL,
  expected_instances text[],
  image_count integer NOT NULL DEFAULT 0,
  received_at timestamptz NOT NULL
);
CREATE INDEX completion_signal_study ON completion_signal (study_instance_uid);
CREATE INDEX completion_signal_received ON completion_signal (received_at);

ALTER TABLE instance
  ADD body_part_examined text,
  ADD protocol_name text,
  ADD view_position text,
  ADD view_code text,
  ADD image_laterality text,
  ADD acquisition_number integer,
  ADD images_in_acquisition integer,
  ADD number_of_series_related_instances integer,
  ADD number_of_study_related_instances integer;

ALTER TABLE study
  ADD waiting_since timestamptz,
  ADD quiet_since timestamptz,
  ADD waiting_for text,
  ADD waits_until timestamptz,
  ADD look_at timestamptz NOT NULL DEFAULT now(),
  ADD look_floor timestamptz;
DROP INDEX study_quiet;
CREATE INDEX study_look ON study (look_at) WHERE status = 'receiving';

ALTER TABLE image_revision
  ADD completed_by text,
  ADD completion_reason text,
  ADD completion_rule text,
  ADD demands_met boolean,
  ADD signal_key bigint;
`;

/** What tells that a study is whole, what it waits for, and why each revision was closed. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
