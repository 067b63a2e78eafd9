import { type Kysely, sql } from 'kysely';
import type { ChangedMinds } from '#contracts/quality.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/**
 * What readers thought of a study before they saw the AI's word, and what they signed after: by whether each agreed with
 * the AI, taken as one word for a whole study. Counted are signed readings of a study that a model had analysed.
 */
export async function countChangedMinds(database: Kysely<DatabaseSchema>): Promise<ChangedMinds> {
  const counted = await sql<Record<keyof ChangedMinds, string>>`
    SELECT count(*) AS compared,
      count(*) FILTER (WHERE before_agrees AND after_agrees) AS kept_agreeing,
      count(*) FILTER (WHERE NOT before_agrees AND NOT after_agrees) AS kept_differing,
      count(*) FILTER (WHERE NOT before_agrees AND after_agrees) AS changed_to_agree,
      count(*) FILTER (WHERE before_agrees AND NOT after_agrees) AS changed_away
    FROM (
      SELECT (impression.word = 'finding') = said.flagged AS before_agrees,
             reading.positive = said.flagged AS after_agrees
      FROM impression
      JOIN LATERAL (
        SELECT positive, run_key FROM review
        WHERE review.study_key = impression.study_key AND review.reader = impression.reader
          AND review.kind = 'reading' AND review.state = 'signed'
          AND review.created_at >= impression.created_at
        ORDER BY review.created_at LIMIT 1
      ) reading ON true
      JOIN LATERAL (
        SELECT bool_or(model_run.flagged) AS flagged FROM model_run
        WHERE model_run.run_key = reading.run_key AND role = 'active' AND outcome = 'analysed'
      ) said ON said.flagged IS NOT NULL
    ) minds`.execute(database);
  const row = counted.rows[0];
  if (row === undefined) throw new TypeError('an aggregate gives a row');
  return {
    compared: Number(row.compared),
    keptAgreeing: Number(row.keptAgreeing),
    keptDiffering: Number(row.keptDiffering),
    changedToAgree: Number(row.changedToAgree),
    changedAway: Number(row.changedAway),
  };
}
