import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Worklist, WorklistQuery, WorklistSort } from '#contracts/worklist.ts';
import { PRIORITIES } from '#core/priority.ts';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import {
  type KeyPage,
  readTriagePage,
  type StudyCondition,
} from '#platform/study-store/read-triage-page.ts';
import { readList } from './read-list.ts';
import { type ListFilter, toCondition } from './study-filter.ts';
import { type StudyRow, toWorklistItems } from './study-item.ts';

/** The place of a word in a closed list: the words are ours, none comes from outside. */
function placeIn(column: string, words: readonly string[]): RawBuilder<unknown> {
  return sql`array_position(ARRAY[${sql.raw(words.map((word) => `'${word}'`).join(', '))}], ${sql.ref(column)})`;
}

const SORTS: Readonly<Record<WorklistSort, RawBuilder<unknown>>> = {
  priority: placeIn('priority', PRIORITIES),
  patient: sql.ref('patientNameAlphabetic'),
  'patient-id': sql`left(study.patient_id, 64)`,
  accession: sql`left(study.accession_number, 64)`,
  age: sql.ref('patientAgeYears'),
  study: sql`lower(study.study_description)`,
  'study-date': sql`left(study.study_date, 64)`,
  modality: sql.ref('modality'),
  site: sql.ref('site'),
  status: placeIn('status', STUDY_STATUSES),
  score: sql.ref('score'),
  images: sql.ref('imageCount'),
  received: sql.ref('receivedAt'),
  due: sql.ref('dueAt'),
  reading: placeIn('readingStatus', READING_STATUSES),
};

type ListQuery = ListFilter & Pick<WorklistQuery, 'limit' | 'offset' | 'sort' | 'direction'>;

/** Compared byte by byte, as the indexes of migration 018 are: upwards they are walked through. */
const BYTEWISE: ReadonlySet<WorklistSort> = new Set([
  ...(['patient', 'patient-id', 'accession', 'study-date'] as const),
]);

/** With a place for those without, an index that has it at its other end could not be walked downwards. */
const ALWAYS_THERE: ReadonlySet<WorklistSort> = new Set(['received', 'due', 'images']);

function orderOf(sort: WorklistSort, direction: WorklistQuery['direction']): RawBuilder<unknown> {
  const [up, down] = BYTEWISE.has(sort) ? ['USING ~<~', 'USING ~>~'] : ['ASC', 'DESC'];
  const nulls = ALWAYS_THERE.has(sort) ? '' : 'NULLS LAST';
  return sql`${SORTS[sort]} ${sql.raw(direction === 'descending' ? down : up)} ${sql.raw(nulls)}`;
}

/** A page by one column; studies that have nothing there come last, and equal ones in the order of their receipt. */
async function readSortedPage(
  transaction: Transaction<DatabaseSchema>,
  filter: StudyCondition,
  { sort, query }: { sort: WorklistSort; query: ListQuery },
): Promise<KeyPage> {
  const studies = transaction.selectFrom('study').where(filter);
  const rows = await studies
    .select('studyKey')
    .orderBy(orderOf(sort, query.direction))
    .orderBy('receivedAt')
    .orderBy('studyKey')
    .limit(query.limit)
    .offset(query.offset)
    .execute();
  const { count } = await studies
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return { studyKeys: rows.map((row) => row.studyKey), total: Number(count) };
}

/** Whole rows are read of the page alone, not of all that is skipped on the way to it. */
async function readRows(
  transaction: Transaction<DatabaseSchema>,
  studyKeys: readonly string[],
): Promise<StudyRow[]> {
  if (studyKeys.length === 0) return [];
  const rows = await transaction
    .selectFrom('study')
    .selectAll()
    .where('studyKey', 'in', studyKeys)
    .execute();
  const byKey = new Map(rows.map((row) => [row.studyKey, row]));
  return studyKeys.flatMap((key) => byKey.get(key) ?? []);
}

/** A page of the worklist, in triage order at the time `now` unless another sort is asked for. */
export async function listStudies(
  database: Database,
  query: ListQuery,
  now: Date,
): Promise<Worklist> {
  const filter = toCondition(query);
  const { sort, limit, offset } = query;
  const { rows, total } = await readList(database, async (transaction) => {
    const page =
      sort === undefined
        ? await readTriagePage(transaction, filter, { now, limit, offset })
        : await readSortedPage(transaction, filter, { sort, query });
    return { rows: await readRows(transaction, page.studyKeys), total: page.total };
  });
  const next = offset + rows.length;
  return {
    items: await toWorklistItems(database, rows, now),
    total,
    nextOffset: rows.length > 0 && next < total ? next : null,
    generatedAt: now.toISOString(),
  };
}
