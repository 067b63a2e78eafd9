import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE study (
  study_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_instance_uid text NOT NULL UNIQUE,
  version integer NOT NULL DEFAULT 1,
  status text NOT NULL,
  status_reason text,
  reading_status text NOT NULL DEFAULT 'unread',
  opened_by text,
  opened_at timestamptz,
  site text NOT NULL DEFAULT '',
  patient_id text,
  issuer_of_patient_id text,
  patient_name text,
  patient_birth_date text,
  patient_sex text,
  patient_age text,
  accession_number text,
  study_description text,
  study_date text,
  study_time text,
  timezone_offset_from_utc text,
  modality text,
  body_part_examined text,
  image_count integer NOT NULL DEFAULT 0,
  received_at timestamptz NOT NULL,
  last_image_at timestamptz,
  quiet_until timestamptz,
  completed_at timestamptz,
  analysed_at timestamptz,
  image_revision text,
  base_priority text NOT NULL DEFAULT 'MEDIUM',
  order_priority_source text NOT NULL,
  priority text NOT NULL DEFAULT 'MEDIUM',
  reason text NOT NULL,
  due_at timestamptz NOT NULL,
  rank_at timestamptz NOT NULL,
  rule_id text NOT NULL,
  rule_version text NOT NULL,
  score double precision,
  score_model text,
  flagged boolean NOT NULL DEFAULT false,
  thumbnail_blob text
);
CREATE INDEX study_quiet ON study (quiet_until) WHERE status = 'receiving';
CREATE INDEX study_unread ON study (reading_status, priority, rank_at);
CREATE INDEX study_status ON study (status);

CREATE TABLE instance (
  instance_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  sop_instance_uid text NOT NULL,
  sop_class_uid text NOT NULL,
  series_instance_uid text NOT NULL,
  transfer_syntax_uid text NOT NULL,
  kind text NOT NULL,
  standing text NOT NULL DEFAULT 'current',
  blob_path text NOT NULL UNIQUE,
  sha256 text NOT NULL,
  file_bytes bigint NOT NULL,
  data_set_offset integer NOT NULL,
  modality text,
  series_number integer,
  series_description text,
  instance_number integer,
  rows integer,
  columns integer,
  number_of_frames integer,
  calling_ae text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX instance_current ON instance (sop_instance_uid) WHERE standing = 'current';
CREATE UNIQUE INDEX instance_content ON instance (sop_instance_uid, sha256);
CREATE INDEX instance_study ON instance (study_key);

CREATE TABLE image_revision (
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  image_revision text NOT NULL,
  number integer NOT NULL,
  image_count integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (study_key, image_revision)
);

CREATE TABLE analysis_run (
  run_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  image_revision text NOT NULL,
  number integer NOT NULL,
  job_id text NOT NULL UNIQUE,
  trigger text NOT NULL,
  state text NOT NULL,
  reason text,
  trace_id text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  UNIQUE (study_key, number)
);
CREATE INDEX analysis_run_open ON analysis_run (created_at) WHERE state IN ('queued', 'running');

CREATE TABLE model_run (
  model_run_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_key bigint NOT NULL REFERENCES analysis_run ON DELETE RESTRICT,
  model_id text NOT NULL,
  model_version text NOT NULL,
  model_sha256 text NOT NULL,
  role text NOT NULL,
  outcome text NOT NULL,
  reason text,
  provider text,
  score double precision,
  threshold double precision,
  flagged boolean NOT NULL DEFAULT false,
  images integer NOT NULL,
  timings jsonb NOT NULL,
  UNIQUE (run_key, model_id)
);

CREATE TABLE finding (
  finding_id text PRIMARY KEY,
  model_run_key bigint NOT NULL REFERENCES model_run ON DELETE RESTRICT,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  label text NOT NULL,
  code jsonb NOT NULL,
  sop_instance_uid text NOT NULL,
  frame integer NOT NULL,
  box_x double precision NOT NULL,
  box_y double precision NOT NULL,
  box_width double precision NOT NULL,
  box_height double precision NOT NULL,
  score double precision NOT NULL
);
CREATE INDEX finding_study ON finding (study_key);

CREATE TABLE heatmap (
  heatmap_id text PRIMARY KEY,
  model_run_key bigint NOT NULL REFERENCES model_run ON DELETE RESTRICT,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  sop_instance_uid text NOT NULL,
  frame integer NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  values bytea NOT NULL,
  scale_x double precision NOT NULL,
  scale_y double precision NOT NULL,
  origin_x double precision NOT NULL,
  origin_y double precision NOT NULL,
  threshold double precision NOT NULL,
  peak double precision NOT NULL
);
CREATE INDEX heatmap_study ON heatmap (study_key);

CREATE TABLE review (
  review_id text PRIMARY KEY,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  image_revision text,
  run_key bigint REFERENCES analysis_run ON DELETE RESTRICT,
  seen_version integer NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  reader text NOT NULL,
  reading_mode text NOT NULL,
  comment text,
  positive boolean NOT NULL,
  opened_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  undone_at timestamptz
);
CREATE INDEX review_study ON review (study_key);

CREATE TABLE finding_verdict (
  review_id text NOT NULL REFERENCES review ON DELETE RESTRICT,
  finding_id text,
  verdict text NOT NULL,
  reason text,
  label text,
  sop_instance_uid text,
  frame integer,
  box_x double precision,
  box_y double precision,
  box_width double precision,
  box_height double precision
);
CREATE INDEX finding_verdict_review ON finding_verdict (review_id);

CREATE TABLE outbox (
  outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  job_id text NOT NULL,
  payload jsonb NOT NULL,
  priority integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz
);
CREATE INDEX outbox_unsent ON outbox (outbox_id) WHERE sent_at IS NULL;

CREATE TABLE dead_letter (
  job_id text PRIMARY KEY,
  job text NOT NULL,
  study_key bigint REFERENCES study ON DELETE RESTRICT,
  code text NOT NULL,
  message text NOT NULL,
  attempts integer NOT NULL,
  failed_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz
);

CREATE TABLE model_state (
  model_id text NOT NULL,
  sha256 text NOT NULL,
  role text NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  note text,
  PRIMARY KEY (model_id, sha256)
);

CREATE TABLE account (
  username text PRIMARY KEY,
  password_hash text NOT NULL,
  roles text[] NOT NULL,
  disabled boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE session (
  session_hash text PRIMARY KEY,
  username text NOT NULL REFERENCES account ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL
);

CREATE TABLE api_token (
  token_hash text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  roles text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

CREATE TABLE audit_log (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  study_instance_uid text,
  details jsonb NOT NULL,
  previous_hash text NOT NULL,
  hash text NOT NULL UNIQUE
);
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

CREATE TABLE heartbeat (
  process text PRIMARY KEY,
  at timestamptz NOT NULL,
  details jsonb NOT NULL
);
`;

/** One transaction: the whole schema of the first version. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
