import type { Expression, ExpressionBuilder, SqlBool, Transaction } from 'kysely';
import { PRIORITIES } from '#core/priority.ts';
import type { DatabaseSchema } from '../database/schema.ts';

type StudyWhere = ExpressionBuilder<DatabaseSchema, 'study'>;
export type StudyCondition = (where: StudyWhere) => Expression<SqlBool>;

/**
 * A stretch of the order of core/priority.ts: all of it comes before the next one, and an index walks through it
 * (migration 016), so that no page needs the whole list to be sorted.
 */
interface Band {
  readonly condition: StudyCondition;
  readonly order: 'receivedAt' | 'dueAt' | 'rankAt';
  readonly count: number;
}

const isStat: StudyCondition = (where) => where('basePriority', '=', 'STAT');
const isOverdue =
  (now: Date): StudyCondition =>
  (where) =>
    where.and([where('basePriority', '<>', 'STAT'), where('dueAt', '<=', now)]);
const isRanked =
  (now: Date): StudyCondition =>
  (where) =>
    where.and([where('basePriority', '<>', 'STAT'), where('dueAt', '>', now)]);

async function countBands(
  transaction: Transaction<DatabaseSchema>,
  filter: StudyCondition,
  now: Date,
): Promise<Band[]> {
  const counting = transaction
    .selectFrom('study')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where(filter);
  const stat = await counting.where(isStat).executeTakeFirstOrThrow();
  const overdue = await counting.where(isOverdue(now)).executeTakeFirstOrThrow();
  const ranked = await counting
    .where(isRanked(now))
    .select('priority')
    .groupBy('priority')
    .execute();
  const countOf = new Map(ranked.map(({ priority, count }) => [priority, Number(count)]));
  return [
    { condition: isStat, order: 'receivedAt', count: Number(stat.count) },
    { condition: isOverdue(now), order: 'dueAt', count: Number(overdue.count) },
    ...PRIORITIES.map(
      (priority): Band => ({
        condition: (where) => where.and([isRanked(now)(where), where('priority', '=', priority)]),
        order: 'rankAt',
        count: countOf.get(priority) ?? 0,
      }),
    ),
  ];
}

export interface KeyPage {
  readonly studyKeys: string[];
  /** Of all studies that the filter takes. */
  readonly total: number;
}

/**
 * A page of studies as core/priority.ts `compareOrder` puts them at the time `now`; where that finds two equal, the one
 * that came first into the table goes first, so that pages never overlap. To be called in a transaction that sees one
 * state of the table (repeatable read): the counts say where each band begins.
 */
export async function readTriagePage(
  transaction: Transaction<DatabaseSchema>,
  filter: StudyCondition,
  page: { now: Date; limit: number; offset: number },
): Promise<KeyPage> {
  const bands = await countBands(transaction, filter, page.now);
  const studyKeys: string[] = [];
  let begin = 0;
  for (const { condition, order, count } of bands) {
    const skip = Math.max(0, page.offset - begin);
    begin += count;
    const wanted = page.limit - studyKeys.length;
    if (wanted === 0 || skip >= count) continue;
    const rows = await transaction
      .selectFrom('study')
      .select('studyKey')
      .where(filter)
      .where(condition)
      .orderBy(order)
      .orderBy('receivedAt')
      .orderBy('studyKey')
      .limit(wanted)
      .offset(skip)
      .execute();
    for (const { studyKey } of rows) studyKeys.push(studyKey);
  }
  return { studyKeys, total: begin };
}
