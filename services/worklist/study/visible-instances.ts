import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ReadingMode } from '#core/finding.ts';
import { isWithheldFrom, type Sight } from './sight.ts';

const isResult = (condition: RawBuilder<unknown>) => sql<SqlBool>`EXISTS (
    SELECT FROM result_object
    WHERE result_object.sop_instance_uid = instance.sop_instance_uid ${condition})`;

/**
 * Which rows of `instance` the reading mode lets out. In triage-only mode nothing that shows a place leaves: of what
 * is no image (SR, SEG, presentation states) only results of our own that say nothing of a place, since nobody knows
 * what those of others show.
 */
function isShownInMode(readingMode: ReadingMode): RawBuilder<SqlBool> {
  if (readingMode === 'assist') return sql<SqlBool>`true`;
  const result = (showsPlace: boolean) =>
    isResult(sql`AND result_object.shows_place = ${sql.lit(showsPlace)}`);
  return sql<SqlBool>`((instance.kind = 'image' AND NOT ${result(true)}) OR ${result(false)})`;
}

/**
 * Which rows of `instance` this asker may see: what the reading mode lets out, and of a study that is read blind first
 * only images, none of them a result of our own.
 */
export function isShownTo(sight: Sight): RawBuilder<SqlBool> {
  const isShown = isShownInMode(sight.readingMode);
  if (sight.blindFirst === null) return isShown;
  return sql<SqlBool>`(${isShown} AND ((instance.kind = 'image' AND NOT ${isResult(sql``)})
    OR NOT EXISTS (SELECT FROM study
      WHERE study.study_key = instance.study_key AND ${isWithheldFrom(sight)})))`;
}

/** Which rows of `instance` may be found and served: those that stand and that this asker may see. */
export function visibleInstances(sight: Sight): RawBuilder<SqlBool> {
  return sql<SqlBool>`(instance.standing = 'current' AND ${isShownTo(sight)})`;
}
