import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE notification (
  notification_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule text NOT NULL,
  study_key bigint REFERENCES study ON DELETE RESTRICT,
  run_key bigint REFERENCES analysis_run ON DELETE RESTRICT,
  content jsonb NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  -- 'waiting', then 'sent', 'dead' or 'dismissed'.
  state text NOT NULL DEFAULT 'waiting',
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  give_up_at timestamptz NOT NULL,
  lease_id text,
  lease_until timestamptz,
  last_error text,
  last_image_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  waiting_since timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  seen_by text,
  seen_at timestamptz,
  acknowledged_by text,
  acknowledged_at timestamptz,
  UNIQUE (rule, run_key)
);
CREATE INDEX notification_waiting ON notification (rule, next_attempt_at) WHERE state = 'waiting';
CREATE INDEX notification_dead ON notification (notification_key) WHERE state = 'dead';
CREATE INDEX notification_study ON notification (study_key);
CREATE INDEX notification_run ON notification (run_key);
CREATE INDEX notification_created ON notification (created_at);
`;

/** Messages about results, on their way to receivers, and who acknowledged them. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
