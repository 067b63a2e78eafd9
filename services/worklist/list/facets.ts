import { sql, type Transaction } from 'kysely';
import {
  WORKLIST_FACETS,
  type WorklistFacet,
  type WorklistFacets,
} from '#contracts/worklist-views.ts';
import { TO_BE_READ } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { readList } from './read-list.ts';
import { type ListFilter, toCondition } from './study-filter.ts';

const MAX_VALUES = 50;
/** Each with the choice that the filter makes in it. */
const FACETS = {
  priority: 'priority',
  status: 'status',
  readingStatus: 'readingStatus',
  modality: 'modality',
  site: 'site',
  bodyPart: 'bodyPartExamined',
} as const;
type Facet = keyof typeof FACETS;
const NAMES = Object.keys(FACETS) as Facet[];
type Counts = WorklistFacets['site'];
type Combination = { readonly count: number } & Readonly<Record<Facet, string | null>>;

/** Everything that is read, whatever became of it: without a filter the list shows what is to be read alone. */
const ALL_READING = ['unread', 'open', 'reviewed', 'reported-elsewhere'] as const;

function chosenIn(filter: ListFilter, facet: Facet): readonly string[] {
  const chosen: readonly string[] = filter[facet] ?? [];
  return facet === 'readingStatus' && chosen.length === 0 ? TO_BE_READ : chosen;
}

/**
 * Every combination of the facets' values with its count, by the filters that are none of them. What was read long ago
 * is only gone through where it is to be counted.
 */
async function readCombinations(
  transaction: Transaction<DatabaseSchema>,
  filter: ListFilter,
  countsReading: boolean,
): Promise<readonly Combination[]> {
  const none = Object.fromEntries(NAMES.map((facet) => [facet, undefined]));
  const readingStatus = countsReading ? [...ALL_READING] : filter.readingStatus;
  const others = { ...filter, ...none, readingStatus };
  const rows = await transaction
    .selectFrom('study')
    .select((query) => [
      ...NAMES.map((facet) => query.ref(FACETS[facet]).as(facet)),
      query.fn.countAll<string>().as('count'),
    ])
    .where(toCondition(others))
    .groupBy(NAMES.map((facet) => FACETS[facet]))
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

function toCounts(sums: ReadonlyMap<string, number>): Counts {
  return [...sums]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, MAX_VALUES);
}

/** The values of one facet, as if nothing were chosen in it, with what is chosen in the others. */
function countIn(facet: Facet, combinations: readonly Combination[], filter: ListFilter): Counts {
  const others = NAMES.filter((name) => name !== facet).map(
    (name) => [name, new Set(chosenIn(filter, name))] as const,
  );
  const sums = new Map<string, number>();
  for (const combination of combinations) {
    const value = combination[facet];
    const fits = others.every(
      ([name, chosen]) => chosen.size === 0 || chosen.has(combination[name] ?? ''),
    );
    if (!fits || value === null || value === '') continue;
    sums.set(value, (sums.get(value) ?? 0) + combination.count);
  }
  return toCounts(sums);
}

async function countFindings(
  transaction: Transaction<DatabaseSchema>,
  filter: ListFilter,
): Promise<Counts> {
  const rows = await transaction
    .selectFrom('study')
    .innerJoinLateral(
      sql<{ label: string }>`unnest(study.flagged_labels)`.as<'said'>(sql`said(label)`),
      (join) => join.onTrue(),
    )
    .select(({ fn }) => ['said.label', fn.countAll<string>().as('count')])
    .where(toCondition({ ...filter, finding: undefined }))
    .where('study.flagged', '=', true)
    .groupBy('said.label')
    .execute();
  return toCounts(new Map(rows.map(({ label, count }) => [label, Number(count)])));
}

/** How many studies each choice of a filter would give, together with the other filters. */
export async function readFacets(
  database: Database,
  filter: ListFilter,
  wanted: readonly WorklistFacet[] = WORKLIST_FACETS,
): Promise<WorklistFacets> {
  const isWanted = (facet: WorklistFacet) => wanted.includes(facet);
  const { combinations, finding } = await readList(database, async (transaction) => ({
    combinations: await readCombinations(transaction, filter, isWanted('readingStatus')),
    finding: isWanted('finding') ? await countFindings(transaction, filter) : [],
  }));
  const count = (facet: Facet) => (isWanted(facet) ? countIn(facet, combinations, filter) : []);
  return {
    priority: count('priority'),
    status: count('status'),
    readingStatus: count('readingStatus'),
    modality: count('modality'),
    site: count('site'),
    bodyPart: count('bodyPart'),
    finding,
  };
}
