import { type RawBuilder, sql } from 'kysely';

/**
 * core/priority.ts compareOrder, said in SQL over the table `study`: the band, what orders within it, and what breaks
 * a tie. The last key makes pages stable.
 */
export function orderByTriage(now: Date): readonly RawBuilder<unknown>[] {
  const isOverdue = sql`study.due_at <= ${now}`;
  return [
    sql`CASE WHEN study.base_priority = 'STAT' THEN 0
             WHEN ${isOverdue} THEN 1
             ELSE 2 + CASE study.priority WHEN 'STAT' THEN 0 WHEN 'HIGH' THEN 1 WHEN 'MEDIUM' THEN 2 ELSE 3 END
        END`,
    sql`CASE WHEN study.base_priority = 'STAT' THEN study.received_at
             WHEN ${isOverdue} THEN study.due_at
             ELSE study.rank_at
        END`,
    sql`study.received_at`,
    sql`study.study_key`,
  ];
}
