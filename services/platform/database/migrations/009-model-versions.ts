import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- A role and a pin for each version of a model: two versions may share their weights and differ in a threshold.
ALTER TABLE model_state ADD COLUMN version text;
UPDATE model_state SET version = (
  SELECT model_version FROM model_run
  WHERE model_run.model_id = model_state.model_id AND model_run.model_sha256 = model_state.sha256
  ORDER BY model_run_key DESC LIMIT 1
);
-- Which version a role was given to is not known when it never ran: such a model starts in shadow again.
DELETE FROM model_state WHERE version IS NULL;
DELETE FROM model_state older USING model_state newer
  WHERE older.model_id = newer.model_id AND older.version = newer.version AND older.sha256 <> newer.sha256
    AND (older.changed_at, older.sha256) < (newer.changed_at, newer.sha256);
UPDATE model_state older SET role = 'shadow' FROM model_state newer
  WHERE older.model_id = newer.model_id AND older.role = 'active' AND newer.role = 'active'
    AND (older.changed_at, older.version) < (newer.changed_at, newer.version);
ALTER TABLE model_state ALTER COLUMN version SET NOT NULL;
ALTER TABLE model_state ADD COLUMN manifest_sha256 text;
ALTER TABLE model_state DROP CONSTRAINT model_state_pkey;
ALTER TABLE model_state ADD PRIMARY KEY (model_id, version);
CREATE UNIQUE INDEX model_state_active ON model_state (model_id) WHERE role = 'active';

ALTER TABLE model_run DROP CONSTRAINT model_run_run_key_model_id_key;
ALTER TABLE model_run ADD UNIQUE (run_key, model_id, model_version);
CREATE INDEX model_run_model ON model_run (model_id, model_version);

-- The shadow models of a run come after its result: 'queued', then 'done', 'failed' or 'superseded'; null when none
-- was asked for.
ALTER TABLE analysis_run ADD COLUMN shadow_state text;
ALTER TABLE analysis_run ADD COLUMN shadow_job_id text;
ALTER TABLE analysis_run ADD COLUMN shadow_reason text;
ALTER TABLE analysis_run ADD COLUMN shadow_finished_at timestamptz;
CREATE INDEX analysis_run_shadow ON analysis_run (finished_at) WHERE shadow_state = 'queued';
`;

/** Several versions of a model side by side, each pinned to its files; shadow models in a stage of their own. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
