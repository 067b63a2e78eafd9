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

/** A filter whose `mine` is said by name. */
export type ListFilter = Omit<WorklistFilter, 'mine'> & { readonly reader?: string | undefined };

/** What one asked for, with who asks. */
export function filterFor(query: WorklistFilter, asker: string): ListFilter {
  return { ...query, reader: query.mine === 'true' ? asker : undefined };
}

/** Those that a reader has open, and those that they signed. */
function isReadBy(reader: string): Expression<SqlBool> {
  return sql<boolean>`(study.reading_status = 'open' AND study.opened_by = ${reader}
    OR study.reading_status = 'reviewed' AND EXISTS (
      SELECT 1 FROM review WHERE review.study_key = study.study_key AND review.reader = ${reader}
        AND review.kind = 'reading' AND review.state = 'signed'))`;
}

type StudyWhere = ExpressionBuilder<DatabaseSchema, 'study'>;

function choices(where: StudyWhere, filter: ListFilter): Expression<SqlBool>[] {
  const { status = [], priority = [], readingStatus = [], modality = [], site = [] } = filter;
  const { bodyPart = [] } = filter;
  const reading = readingStatus.length === 0 ? TO_BE_READ : readingStatus;
  return [
    where('readingStatus', 'in', reading),
    ...(status.length > 0 ? [where('status', 'in', status)] : []),
    ...(priority.length > 0 ? [where('priority', 'in', priority)] : []),
    ...(modality.length > 0 ? [where('modality', 'in', modality)] : []),
    ...(site.length > 0 ? [where('site', 'in', site)] : []),
    ...(bodyPart.length > 0 ? [where('bodyPartExamined', 'in', bodyPart)] : []),
  ];
}

/** What of the list a reader asked for. */
export function toCondition(filter: ListFilter): StudyCondition {
  return (where) => {
    const { flagged, finding = [], reader, accession, ageFrom, ageTo, search = '' } = filter;
    const conditions = choices(where, filter);
    if (flagged !== undefined) conditions.push(where('flagged', '=', flagged === 'true'));
    if (finding.length > 0) {
      // As the index has it (migration 024).
      conditions.push(sql<boolean>`study.flagged AND study.flagged_labels && ${finding}::text[]`);
    }
    if (reader !== undefined) conditions.push(isReadBy(reader));
    if (accession !== undefined) {
      // As the index has it (migration 018).
      conditions.push(sql<boolean>`left(study.accession_number, 64) = ${accession}`);
    }
    if (ageFrom !== undefined) conditions.push(where('patientAgeYears', '>=', ageFrom));
    if (ageTo !== undefined) conditions.push(where('patientAgeYears', '<=', ageTo));
    if (search.trim() !== '') {
      const patterns = toPatterns(search);
      conditions.push(
        where.or(patterns.map((each) => sql<boolean>`study.search_text LIKE lower(${each})`)),
      );
    }
    return where.and(conditions);
  };
}
