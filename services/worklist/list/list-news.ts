import type { WorklistItem } from '#contracts/study.ts';
import type { WorklistNews } from '#contracts/worklist.ts';
import type { Database } from '#platform/database/connect.ts';
import { readList } from './read-list.ts';
import { type ListFilter, toCondition } from './study-filter.ts';
import { toWorklistItems } from './study-item.ts';

const MAX_ANNOUNCED = 5;

/** What came into the list after `since`, and what of it is STAT: ordered so, or raised since by a finding. */
export async function readNews(
  database: Database,
  filter: ListFilter,
  times: { since: Date; now: Date },
): Promise<WorklistNews> {
  const { since, now } = times;
  const { count, stat } = await readList(database, async (transaction) => {
    const studies = transaction.selectFrom('study').where(toCondition(filter));
    const arrived = await studies
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('receivedAt', '>', since)
      .executeTakeFirstOrThrow();
    const announced = await studies
      .selectAll('study')
      .where('priority', '=', 'STAT')
      .where((where) =>
        where.or([
          where('receivedAt', '>', since),
          where.and([where('analysedAt', '>', since), where('basePriority', '<>', 'STAT')]),
        ]),
      )
      .orderBy('receivedAt', 'desc')
      .orderBy('studyKey', 'desc')
      .limit(MAX_ANNOUNCED)
      .execute();
    return { ...arrived, stat: announced };
  });
  return {
    arrived: Number(count),
    stat: await toWorklistItems(database, stat, now),
    generatedAt: now.toISOString(),
  };
}

/** Rows by their Study Instance UIDs, whatever list they are in. */
export async function readListRows(
  database: Database,
  studyInstanceUids: readonly string[],
  now: Date,
): Promise<{ items: WorklistItem[]; generatedAt: string }> {
  const rows = await database
    .selectFrom('study')
    .selectAll()
    .where('studyInstanceUid', 'in', studyInstanceUids)
    .execute();
  return { items: await toWorklistItems(database, rows, now), generatedAt: now.toISOString() };
}
