import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { ReadingMode } from '#core/finding.ts';

/**
 * Which rows of `instance` the reading mode lets out. In triage-only mode nothing that shows a place leaves: of what
 * is no image (SR, SEG, presentation states) only results of our own that say nothing of a place, since nobody knows
 * what those of others show.
 */
export function isShownIn(readingMode: ReadingMode): RawBuilder<SqlBool> {
  if (readingMode === 'assist') return sql<SqlBool>`true`;
  const result = (showsPlace: boolean) => sql<SqlBool>`EXISTS (
    SELECT FROM result_object
    WHERE result_object.sop_instance_uid = instance.sop_instance_uid
    AND result_object.shows_place = ${sql.lit(showsPlace)})`;
  return sql<SqlBool>`((instance.kind = 'image' AND NOT ${result(true)}) OR ${result(false)})`;
}

/** Which rows of `instance` may be found and served: those that stand and that the reading mode lets out. */
export function visibleInstances(readingMode: ReadingMode): RawBuilder<SqlBool> {
  return sql<SqlBool>`(instance.standing = 'current' AND ${isShownIn(readingMode)})`;
}
