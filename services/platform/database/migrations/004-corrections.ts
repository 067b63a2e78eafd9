import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
ALTER TABLE instance ADD COLUMN revision_sha256 text;
ALTER TABLE instance ADD COLUMN standing_reason text;
ALTER TABLE finding ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE heatmap ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE study ADD COLUMN patient_key text;
CREATE INDEX study_patient ON study (patient_key) WHERE patient_key IS NOT NULL;

CREATE TABLE quarantine (
  quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  instance_key bigint NOT NULL REFERENCES instance ON DELETE CASCADE,
  replaced_instance_key bigint REFERENCES instance ON DELETE SET NULL,
  reason text NOT NULL,
  differences jsonb NOT NULL DEFAULT '[]',
  state text NOT NULL,
  arrived_at timestamptz NOT NULL DEFAULT now(),
  decided_by text,
  decided_at timestamptz,
  decision_reason text
);
CREATE INDEX quarantine_state ON quarantine (state, quarantine_id);
CREATE INDEX quarantine_instance ON quarantine (instance_key);

CREATE TABLE rejection (
  quarantine_id bigint NOT NULL REFERENCES quarantine ON DELETE CASCADE,
  study_instance_uid text NOT NULL,
  sop_instance_uid text NOT NULL,
  title_code text NOT NULL,
  title text NOT NULL,
  calling_ae text NOT NULL,
  lifted_at timestamptz,
  PRIMARY KEY (quarantine_id, study_instance_uid, sop_instance_uid)
);
CREATE INDEX rejection_instance ON rejection (sop_instance_uid);
`;

/** Versions of an instance, quarantine, rejection notes, and the key that joins a patient's studies. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
