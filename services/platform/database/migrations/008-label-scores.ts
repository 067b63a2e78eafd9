import { type Kysely, sql } from 'kysely';

const STATEMENTS = `
-- What each label of a model came to; a model that was analysed before this was recorded had one, which its findings
-- name.
ALTER TABLE model_run ADD COLUMN label_scores jsonb NOT NULL DEFAULT '[]';
UPDATE model_run SET label_scores = jsonb_build_array(jsonb_build_object(
    'id', first.code ->> 'value', 'label', first.label, 'code', first.code,
    'score', model_run.score, 'threshold', model_run.threshold, 'flagged', model_run.flagged))
  FROM (
    SELECT DISTINCT ON (run.model_id) run.model_id, finding.label, finding.code
      FROM finding JOIN model_run run USING (model_run_key)
      ORDER BY run.model_id, finding.finding_id
  ) first
  WHERE first.model_id = model_run.model_id AND model_run.outcome = 'analysed' AND model_run.score IS NOT NULL
    AND model_run.threshold IS NOT NULL;

ALTER TABLE heatmap ADD COLUMN label text NOT NULL DEFAULT '';
UPDATE heatmap SET label = first.label
  FROM (SELECT DISTINCT ON (model_run_key) model_run_key, label FROM finding) first
  WHERE first.model_run_key = heatmap.model_run_key;
-- 'model', 'class-activation', 'occlusion' or 'rise'.
ALTER TABLE heatmap ADD COLUMN origin text NOT NULL DEFAULT 'model';
`;

/** A score for each label of a model, and what a heatmap is of and comes from. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENTS).execute(database);
}
