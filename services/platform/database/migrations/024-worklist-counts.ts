import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- Whatever an object holds must fit into the index below.
UPDATE study SET body_part_examined = left(body_part_examined, 64) WHERE length(body_part_examined) > 64;

-- The labels that active models flagged: what stood behind "flagged" could only be found through three other tables.
ALTER TABLE study ADD COLUMN flagged_labels text[] NOT NULL DEFAULT '{}',
-- Whole years on the day of receipt: by the birth date (DA, PS3.5 6.2), else by PatientAge (AS: 014D, 006W, 011M, 045Y).
-- Anything that is neither is no age.
  ADD COLUMN patient_age_years smallint GENERATED ALWAYS AS (CASE
    WHEN patient_birth_date ~ '^[0-9]{8}$' THEN (
      (extract(year FROM received_at AT TIME ZONE 'UTC') * 10000
        + extract(month FROM received_at AT TIME ZONE 'UTC') * 100
        + extract(day FROM received_at AT TIME ZONE 'UTC'))::integer - patient_birth_date::integer) / 10000
    WHEN patient_age ~ '^[0-9]{3}Y$' THEN left(patient_age, 3)::integer
    WHEN patient_age ~ '^[0-9]{3}M$' THEN left(patient_age, 3)::integer / 12
    WHEN patient_age ~ '^[0-9]{3}W$' THEN left(patient_age, 3)::integer / 52
    WHEN patient_age ~ '^[0-9]{3}D$' THEN left(patient_age, 3)::integer / 365
  END) STORED;
UPDATE study SET flagged_labels = ARRAY(
  SELECT DISTINCT scored.value ->> 'label'
  FROM analysis_run AS run
    JOIN model_run AS said ON said.run_key = run.run_key AND said.role = 'active'
    CROSS JOIN LATERAL jsonb_array_elements(said.label_scores) AS scored
  WHERE run.study_key = study.study_key AND run.image_revision = study.image_revision AND run.state = 'analysed'
    AND (scored.value ->> 'flagged')::boolean
  ORDER BY 1) WHERE flagged;

-- All that the list is chosen and counted by: counts for filters, and for the bands of the order of triage, read this
-- index and no rows. It takes the place of another one of its size, so that intake writes as many indexes as before.
DROP INDEX study_unread;
CREATE INDEX study_list ON study (reading_status, base_priority, due_at)
  INCLUDE (priority, status, modality, body_part_examined, site, flagged, patient_age_years);
-- Written when something is flagged, and never by intake.
CREATE INDEX study_flagged_labels ON study USING gin (flagged_labels) WHERE flagged;
`;

/** The filters of the worklist, and their counts, without reading every row of a hundred thousand studies. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
