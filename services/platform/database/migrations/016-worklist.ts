import { type Kysely, sql } from 'kysely';

/** What is to be read, in the three ways in which the order of core/priority.ts walks through it. */
const STATEMENTS = `
CREATE INDEX study_list_stat ON study (received_at, study_key)
  WHERE base_priority = 'STAT' AND reading_status IN ('unread', 'open');
CREATE INDEX study_list_overdue ON study (due_at, received_at, study_key)
  WHERE base_priority <> 'STAT' AND reading_status IN ('unread', 'open');
CREATE INDEX study_list_rank ON study (priority, rank_at, received_at, study_key) INCLUDE (due_at)
  WHERE base_priority <> 'STAT' AND reading_status IN ('unread', 'open');
-- What one types to find a study, one a line, in lower case: name with spaces between its components, id, accession.
ALTER TABLE study ADD COLUMN search_text text GENERATED ALWAYS AS (
  lower(translate(left(coalesce(patient_name, ''), 320), '^', ' ') || chr(10) || left(coalesce(patient_id, ''), 64)
    || chr(10) || left(coalesce(accession_number, ''), 64))) STORED;
`;

/** Any part of at least three characters. Without pg_trgm, and for shorter parts, a search reads that column whole. */
const TRIGRAMS = `
DO $$ BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  CREATE INDEX study_search_trigrams ON study USING gin (search_text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
  RAISE NOTICE 'pg_trgm is not available';
END $$;
`;

/** Any page of a worklist of a hundred thousand studies is found by index. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
  await sql.raw(TRIGRAMS).execute(database);
}
