import { sql } from 'kysely';
import type { WorklistFilter } from '#contracts/worklist.ts';
import type { WorklistFacets } from '#contracts/worklist-views.ts';
import type { Database } from '#platform/database/connect.ts';
import { toCondition } from './study-filter.ts';

const MAX_VALUES = 50;
const COLUMNS = ['priority', 'status', 'readingStatus', 'modality', 'site'] as const;
type Counts = WorklistFacets['site'];

/** Everything that is read, whatever became of it: without a filter the list shows what is to be read alone. */
const ALL_READING = ['unread', 'open', 'reviewed', 'reported-elsewhere'] as const;

async function countBy(
  database: Database,
  column: (typeof COLUMNS)[number],
  filter: WorklistFilter,
): Promise<Counts> {
  const others = {
    ...filter,
    [column]: column === 'readingStatus' ? [...ALL_READING] : undefined,
  };
  const rows = await database
    .selectFrom('study')
    .select(({ fn, ref }) => [ref(column).as('value'), fn.countAll<string>().as('count')])
    .where(toCondition(others))
    .groupBy(column)
    .orderBy('count', 'desc')
    .limit(MAX_VALUES)
    .execute();
  return rows.flatMap(({ value, count }) =>
    value === null || value === '' ? [] : [{ value, count: Number(count) }],
  );
}

async function countFindings(database: Database, filter: WorklistFilter): Promise<Counts> {
  const rows = await database
    .with('listed', (query) =>
      query
        .selectFrom('study')
        .select(['studyKey', 'imageRevision'])
        .where(toCondition({ ...filter, finding: undefined }))
        .where('flagged', '=', true),
    )
    .with('said', (query) =>
      query
        .selectFrom('listed')
        .innerJoin('analysisRun', (join) =>
          join
            .onRef('analysisRun.studyKey', '=', 'listed.studyKey')
            .onRef('analysisRun.imageRevision', '=', 'listed.imageRevision')
            .on('analysisRun.state', '=', 'analysed'),
        )
        .innerJoin('modelRun', 'modelRun.runKey', 'analysisRun.runKey')
        .select(['listed.studyKey', 'modelRun.modelRunKey', 'modelRun.labelScores'])
        .where('modelRun.role', '=', 'active'),
    )
    .selectFrom((query) =>
      query
        .selectFrom('said')
        .innerJoin('finding', 'finding.modelRunKey', 'said.modelRunKey')
        .select(['said.studyKey', 'finding.label'])
        .where('finding.withdrawnAt', 'is', null)
        .union(
          query
            .selectFrom('said')
            .innerJoinLateral(
              sql<{ each: { label: string } }>`jsonb_array_elements(said.label_scores)`.as(
                'scored',
              ),
              (join) => join.onTrue(),
            )
            .select(['said.studyKey', sql<string>`scored.value ->> 'label'`.as('label')])
            .where(sql<boolean>`(scored.value ->> 'flagged')::boolean`),
        )
        .as('labels'),
    )
    .select(({ fn }) => ['label', fn.countAll<string>().as('count')])
    .groupBy('label')
    .orderBy('count', 'desc')
    .limit(MAX_VALUES)
    .execute();
  return rows.map(({ label, count }) => ({ value: label, count: Number(count) }));
}

/** How many studies each choice of a filter would give, together with the other filters. */
export async function readFacets(
  database: Database,
  filter: WorklistFilter,
): Promise<WorklistFacets> {
  const [priority, status, readingStatus, modality, site] = await Promise.all(
    COLUMNS.map((column) => countBy(database, column, filter)),
  );
  return {
    priority: priority ?? [],
    status: status ?? [],
    readingStatus: readingStatus ?? [],
    modality: modality ?? [],
    site: site ?? [],
    finding: await countFindings(database, filter),
  };
}
