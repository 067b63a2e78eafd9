import { type SelectQueryBuilder, sql } from 'kysely';
import { PRIORITIES } from '#core/priority.ts';
import type { DatabaseSchema } from '../database/schema.ts';

/** Position of a class in PRIORITIES; classes are fixed words, none comes from outside. */
const RANK = sql.raw(
  `CASE study.priority ${PRIORITIES.map((name, rank) => `WHEN '${name}' THEN ${rank}`).join(' ')} END`,
);

/**
 * Orders studies as core/priority.ts `compareOrder` does at the time `now`; where that finds two equal, the one that
 * came first into the table goes first, so that pages never overlap.
 */
export function orderByTriage<Output>(
  query: SelectQueryBuilder<DatabaseSchema, 'study', Output>,
  now: Date,
): SelectQueryBuilder<DatabaseSchema, 'study', Output> {
  const overdue = sql<boolean>`study.due_at <= ${now}`;
  const band = sql`CASE WHEN study.base_priority = 'STAT' THEN 0 WHEN ${overdue} THEN 1 ELSE 2 + ${RANK} END`;
  const within = sql`CASE WHEN study.base_priority = 'STAT' THEN study.received_at WHEN ${overdue} THEN study.due_at ELSE study.rank_at END`;
  return query.orderBy(band).orderBy(within).orderBy('study.receivedAt').orderBy('study.studyKey');
}
