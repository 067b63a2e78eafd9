import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE commitment (
  commitment_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  calling_ae text NOT NULL,
  called_ae text NOT NULL,
  transaction_uid text NOT NULL,
  peer_address text NOT NULL,
  reference_digest text NOT NULL,
  reference_count integer NOT NULL,
  kept_count integer,
  refusals jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL,
  requested_at timestamptz NOT NULL,
  check_until timestamptz NOT NULL,
  decided_at timestamptz,
  settled_at timestamptz,
  next_attempt_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  UNIQUE (calling_ae, transaction_uid)
);
CREATE INDEX commitment_due ON commitment (next_attempt_at) WHERE state IN ('checking', 'reporting');
CREATE INDEX commitment_settled ON commitment (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE commitment_reference (
  commitment_key bigint NOT NULL REFERENCES commitment ON DELETE CASCADE,
  position integer NOT NULL,
  sop_class_uid text NOT NULL,
  sop_instance_uid text NOT NULL,
  finding text,
  PRIMARY KEY (commitment_key, position)
);

CREATE TABLE performed_procedure_step (
  sop_instance_uid text PRIMARY KEY,
  calling_ae text NOT NULL,
  status text NOT NULL,
  study_instance_uids text[] NOT NULL,
  expected_instances text[],
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE INDEX performed_procedure_step_changed ON performed_procedure_step (changed_at);

CREATE TABLE notification_message (
  message_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service text NOT NULL,
  operation text NOT NULL,
  sop_instance_uid text NOT NULL,
  calling_ae text NOT NULL,
  transfer_syntax_uid text NOT NULL,
  data_set bytea NOT NULL,
  received_at timestamptz NOT NULL
);
CREATE INDEX notification_message_instance ON notification_message (sop_instance_uid);
CREATE INDEX notification_message_received ON notification_message (received_at);
`;

/** Storage commitment requests, and what modalities and archives say of studies beside their images. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
