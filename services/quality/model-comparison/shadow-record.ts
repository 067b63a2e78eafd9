import { type Kysely, sql } from 'kysely';
import type { Proportion } from '#contracts/quality.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { toProportion } from '../summary.ts';
import type { VersionReference } from './compared-study.ts';

/** What one version made of this site's studies, by its newest result for each. */
export interface ShadowRecord {
  readonly analysed: number;
  readonly notAnalysed: number;
  readonly failed: number;
  readonly flagged: Proportion;
  /** Of the analysed studies in which a reader confirmed, amended or added a finding, those that it flagged. */
  readonly confirmedFlagged: Proportion;
}

export async function readShadowRecord(
  database: Kysely<DatabaseSchema>,
  { modelId, version }: VersionReference,
): Promise<ShadowRecord> {
  const { rows } = await sql<Record<string, string>>`
    WITH result AS (
      SELECT DISTINCT ON (run.study_key) run.study_key, run.image_revision, outcome, flagged
      FROM model_run JOIN analysis_run run USING (run_key)
      WHERE model_id = ${modelId} AND model_version = ${version}
      ORDER BY run.study_key, run.number DESC
    ), judged AS (
      SELECT result.*, (
        SELECT positive FROM review
        WHERE review.study_key = result.study_key AND review.image_revision = result.image_revision
          AND kind = 'reading' AND state = 'signed'
        ORDER BY created_at DESC, review_id LIMIT 1
      ) AS confirmed FROM result
    )
    SELECT count(*) FILTER (WHERE outcome = 'analysed') AS analysed,
      count(*) FILTER (WHERE outcome IN ('not-analysed', 'declined')) AS not_analysed,
      count(*) FILTER (WHERE outcome = 'failed') AS failed,
      count(*) FILTER (WHERE outcome = 'analysed' AND flagged) AS flagged,
      count(*) FILTER (WHERE outcome = 'analysed' AND confirmed) AS confirmed,
      count(*) FILTER (WHERE outcome = 'analysed' AND confirmed AND flagged) AS confirmed_flagged
    FROM judged`.execute(database);
  const count = (name: string) => Number(rows[0]?.[name] ?? 0);
  return {
    analysed: count('analysed'),
    notAnalysed: count('notAnalysed'),
    failed: count('failed'),
    flagged: toProportion(count('flagged'), count('analysed')),
    confirmedFlagged: toProportion(count('confirmedFlagged'), count('confirmed')),
  };
}
