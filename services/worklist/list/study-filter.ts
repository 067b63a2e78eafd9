import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { WorklistFilter } from '#contracts/worklist.ts';
import { TO_BE_READ } from '#core/study-state.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { StudyCondition } from '#platform/study-store/read-triage-page.ts';

/**
 * What was typed, as it is and as a name: those are kept as DOE^JANE, typed as "doe jane" or "Doe, Jane", and searched
 * with spaces between their components. `%` and `_` mean themselves.
 */
function toPatterns(search: string): string[] {
  const escaped = search.trim().replaceAll(/[\\%_]/g, '\\$&');
  return [...new Set([escaped, escaped.replaceAll(/[\s,^]+/g, ' ')])].map((text) => `%${text}%`);
}

/** As flagged by an active model over the current images: with a place, or by its score alone. */
function hasFinding(label: string): Expression<SqlBool> {
  const scored = JSON.stringify([{ label, flagged: true }]);
  return sql<boolean>`study.flagged AND EXISTS (
    SELECT 1 FROM analysis_run AS run JOIN model_run AS said ON said.run_key = run.run_key
    WHERE run.study_key = study.study_key AND run.image_revision = study.image_revision AND run.state = 'analysed'
      AND said.role = 'active' AND (said.label_scores @> ${scored}::jsonb OR EXISTS (
        SELECT 1 FROM finding WHERE finding.model_run_key = said.model_run_key AND finding.label = ${label}
          AND finding.withdrawn_at IS NULL)))`;
}

/**
 * Whole years on the day of receipt: by the birth date (DA, PS3.5 6.2), else by PatientAge (AS: 014D, 006W, 011M, 045Y).
 * Anything that is neither is no age.
 */
export const AGE_YEARS = sql<number | null>`CASE
  WHEN study.patient_birth_date ~ '^[0-9]{8}$'
    THEN (to_char(study.received_at AT TIME ZONE 'UTC', 'YYYYMMDD')::integer - study.patient_birth_date::integer) / 10000
  WHEN study.patient_age ~ '^[0-9]{3}Y$' THEN left(study.patient_age, 3)::integer
  WHEN study.patient_age ~ '^[0-9]{3}M$' THEN left(study.patient_age, 3)::integer / 12
  WHEN study.patient_age ~ '^[0-9]{3}W$' THEN left(study.patient_age, 3)::integer / 52
  WHEN study.patient_age ~ '^[0-9]{3}D$' THEN left(study.patient_age, 3)::integer / 365
END`;

type StudyWhere = ExpressionBuilder<DatabaseSchema, 'study'>;

function choices(where: StudyWhere, filter: WorklistFilter): Expression<SqlBool>[] {
  const { status = [], priority = [], readingStatus = [], modality = [], site = [] } = filter;
  const reading = readingStatus.length === 0 ? TO_BE_READ : readingStatus;
  return [
    where('readingStatus', 'in', reading),
    ...(status.length > 0 ? [where('status', 'in', status)] : []),
    ...(priority.length > 0 ? [where('priority', 'in', priority)] : []),
    ...(modality.length > 0 ? [where('modality', 'in', modality)] : []),
    ...(site.length > 0 ? [where('site', 'in', site)] : []),
  ];
}

/** What of the list a reader asked for. */
export function toCondition(filter: WorklistFilter): StudyCondition {
  return (where) => {
    const { flagged, finding, accession, ageFrom, ageTo, search = '' } = filter;
    const conditions = choices(where, filter);
    if (flagged !== undefined) conditions.push(where('flagged', '=', flagged === 'true'));
    if (finding !== undefined && finding !== '') conditions.push(hasFinding(finding));
    if (accession !== undefined) {
      // As the index has it (migration 018).
      conditions.push(sql<boolean>`left(study.accession_number, 64) = ${accession}`);
    }
    if (ageFrom !== undefined) conditions.push(sql<boolean>`${AGE_YEARS} >= ${ageFrom}`);
    if (ageTo !== undefined) conditions.push(sql<boolean>`${AGE_YEARS} <= ${ageTo}`);
    if (search.trim() !== '') {
      const patterns = toPatterns(search);
      conditions.push(
        where.or(patterns.map((each) => sql<boolean>`study.search_text LIKE lower(${each})`)),
      );
    }
    return where.and(conditions);
  };
}
