import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
CREATE TABLE door_association (
  association_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  listener_run text NOT NULL,
  association_id integer NOT NULL,
  calling_ae text NOT NULL,
  called_ae text NOT NULL,
  peer_address text NOT NULL,
  tls boolean NOT NULL,
  contexts_accepted integer NOT NULL,
  contexts_refused integer NOT NULL,
  stored integer NOT NULL,
  failed integer NOT NULL,
  echoes integer NOT NULL,
  failures jsonb NOT NULL,
  bytes_stored bigint NOT NULL,
  bytes_received bigint NOT NULL,
  bytes_per_second double precision NOT NULL,
  started_at timestamptz NOT NULL,
  active_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_how text,
  end_detail text,
  UNIQUE (listener_run, association_id)
);
CREATE INDEX door_association_open ON door_association (started_at) WHERE ended_at IS NULL;
CREATE INDEX door_association_ended ON door_association (ended_at);

CREATE TABLE door_refusal (
  hour timestamptz NOT NULL,
  peer_address text NOT NULL,
  calling_ae text NOT NULL,
  called_ae text NOT NULL,
  cause text NOT NULL,
  why text NOT NULL,
  count bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (hour, peer_address, calling_ae, called_ae, cause)
);
CREATE INDEX door_refusal_last ON door_refusal (last_at);

CREATE TABLE door_traffic (
  hour timestamptz NOT NULL,
  calling_ae text NOT NULL,
  peer_address text NOT NULL,
  associations integer NOT NULL,
  broken_off integer NOT NULL,
  stored bigint NOT NULL,
  failed bigint NOT NULL,
  bytes_stored bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_stored_at timestamptz,
  last_failed_at timestamptz,
  last_failure text,
  PRIMARY KEY (hour, calling_ae, peer_address)
);
CREATE INDEX door_traffic_peer ON door_traffic (calling_ae, last_at);

CREATE TABLE disk_sample (
  at timestamptz PRIMARY KEY,
  free_bytes bigint NOT NULL,
  size_bytes bigint NOT NULL,
  archive_bytes bigint NOT NULL
);
`;

/** What the listener saw at the door, who sends how much, and how the disk of the archive fills. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
