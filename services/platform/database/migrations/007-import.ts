import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- What an import has taken in, so that a second run goes on where the first one stopped. Digests alone: the names of
-- files and folders that an archive was exported to often hold names of patients.
CREATE TABLE import_file (
  root_key bytea NOT NULL,
  file_key bytea NOT NULL,
  instance_key bigint NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (root_key, file_key)
);
`;

/** No foreign key: a record whose instance is gone counts for nothing, and is found out when it is asked for. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
