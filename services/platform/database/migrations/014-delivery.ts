import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE delivery (
  delivery_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  destination text NOT NULL,
  result_object_key bigint NOT NULL REFERENCES result_object ON DELETE RESTRICT,
  study_key bigint NOT NULL REFERENCES study ON DELETE RESTRICT,
  -- 'waiting', then 'sent', 'dead', 'superseded' or 'dismissed'.
  state text NOT NULL DEFAULT 'waiting',
  attempts integer NOT NULL DEFAULT 0,
  ever_tried boolean NOT NULL DEFAULT false,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  waiting_since timestamptz NOT NULL DEFAULT now(),
  last_error text,
  warning text,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  settled_at timestamptz,
  commitment_state text,
  transaction_uid text,
  commitment_due_at timestamptz,
  commitment_attempts integer NOT NULL DEFAULT 0,
  UNIQUE (destination, result_object_key)
);
CREATE INDEX delivery_waiting ON delivery (destination, study_key, delivery_key) WHERE state = 'waiting';
CREATE INDEX delivery_dead ON delivery (destination, delivery_key) WHERE state = 'dead';
CREATE INDEX delivery_uncommitted ON delivery (destination, commitment_due_at)
  WHERE commitment_state IN ('wanted', 'asked');
CREATE INDEX delivery_unanswered ON delivery (destination) WHERE commitment_state = 'unanswered';
CREATE INDEX delivery_sent ON delivery (destination, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX delivery_transaction ON delivery (transaction_uid) WHERE transaction_uid IS NOT NULL;
CREATE INDEX delivery_study ON delivery (study_key);
CREATE INDEX delivery_object ON delivery (result_object_key);

CREATE TABLE destination (
  name text PRIMARY KEY,
  lease_owner text,
  lease_until timestamptz,
  failures integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  reachable_since timestamptz,
  last_contact_at timestamptz,
  last_error text,
  last_error_at timestamptz
);

CREATE TABLE delivery_commitment (
  transaction_uid text PRIMARY KEY,
  destination text NOT NULL,
  asked_at timestamptz NOT NULL
);

CREATE TABLE commitment_answer (
  answer_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_uid text NOT NULL REFERENCES delivery_commitment ON DELETE CASCADE,
  sop_instance_uid text NOT NULL,
  failure_reason integer,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX commitment_answer_transaction ON commitment_answer (transaction_uid);
`;

/** Objects on their way to destinations, and what destinations promise to keep. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
