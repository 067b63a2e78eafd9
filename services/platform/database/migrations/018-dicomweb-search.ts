import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
ALTER TABLE study ADD COLUMN study_id text, ADD COLUMN referring_physician_name text;
ALTER TABLE instance
  ADD COLUMN bits_allocated integer,
  ADD COLUMN performed_procedure_step_start_date text,
  ADD COLUMN performed_procedure_step_start_time text,
  ADD COLUMN scheduled_procedure_step_id text,
  ADD COLUMN requested_procedure_id text;

-- Whatever an object holds must fit into the indexes: what they are over is cut to a length that does.
UPDATE instance SET modality = left(modality, 64) WHERE length(modality) > 64;

-- The component groups of a person's name (alphabetic, ideographic, phonetic) as they are compared (PS3.4 C.2.2.2.1).
CREATE FUNCTION name_group(name text, number integer) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT rtrim(lower(left(split_part(name, '=', number), 320)), ' ^') $$;
-- Kept: a plain column tells the planner how rare a name is, and a scan costs next to nothing.
ALTER TABLE study
  ADD COLUMN patient_name_alphabetic text GENERATED ALWAYS AS (name_group(patient_name, 1)) STORED,
  ADD COLUMN patient_name_ideographic text GENERATED ALWAYS AS (nullif(name_group(patient_name, 2), '')) STORED,
  ADD COLUMN patient_name_phonetic text GENERATED ALWAYS AS (nullif(name_group(patient_name, 3), '')) STORED;
-- The words of a name, for fuzzy matching.
CREATE FUNCTION name_words(name text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT array_to_tsvector(array_remove(
    regexp_split_to_array(lower(left(name, 320)), '[\\s^=.,-]+'), '')) $$;

CREATE INDEX study_received ON study (received_at DESC, study_key DESC);
CREATE INDEX study_date ON study (left(study_date, 64) text_pattern_ops);
CREATE INDEX study_patient_id ON study (left(patient_id, 64) text_pattern_ops);
CREATE INDEX study_accession ON study (left(accession_number, 64) text_pattern_ops);
CREATE INDEX study_name_alphabetic ON study (patient_name_alphabetic text_pattern_ops);
CREATE INDEX study_name_ideographic ON study (patient_name_ideographic text_pattern_ops)
  WHERE patient_name_ideographic IS NOT NULL;
CREATE INDEX study_name_phonetic ON study (patient_name_phonetic text_pattern_ops)
  WHERE patient_name_phonetic IS NOT NULL;
CREATE INDEX study_name_words ON study USING gin (name_words(patient_name));

-- Many rows of one series are one entry. The first serves whatever asks for the instances of a study, too.
CREATE INDEX instance_series ON instance (study_key, series_instance_uid, modality, kind, standing);
DROP INDEX instance_study;
CREATE INDEX instance_series_uid ON instance (series_instance_uid);
CREATE INDEX instance_modality ON instance (modality, study_key);
`;

/** Text anywhere in a name. Without the right to add pg_trgm, or without the extension, such a search reads all names. */
const TRIGRAMS = `
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX study_name_trigrams ON study USING gin (lower(left(patient_name, 320)) gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
  RAISE NOTICE 'pg_trgm is not available';
END $$;
`;

/** What QIDO-RS matches by, and the indexes that it needs. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
  await sql.raw(TRIGRAMS).execute(database);
}
