import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import type { StudyRow } from '../../list/study-item.ts';
import type { InstanceRow } from '../../study/images.ts';
import type { Sight } from '../../study/sight.ts';
import { visibleInstances } from '../../study/visible-instances.ts';
import { allOf, conditionFor } from './conditions.ts';
import type { SearchQuery } from './parse-query.ts';

/** Where a search is made. */
export interface SearchPlace {
  readonly database: Database;
  readonly sight: Sight;
}

/** A series: its study, one of its instances, and how many it has. */
export interface SeriesFound {
  readonly study: StudyRow;
  readonly instance: InstanceRow;
  readonly instances: number;
}

export interface InstanceFound {
  readonly study: StudyRow;
  readonly instance: InstanceRow;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** How many more there are; counted up to MAX_COUNTED. */
  readonly remaining: number;
}

export const MAX_COUNTED = 1_000;

type Query = RawBuilder<unknown>;

/** One more than asked for tells whether more exist; only then are they counted. */
async function readPage<Row>(
  database: Database,
  query: SearchQuery,
  select: (page: RawBuilder<unknown>) => RawBuilder<Row>,
): Promise<Page<Row>> {
  const { limit, offset } = query;
  const page = sql`LIMIT ${limit + 1} OFFSET ${offset}`;
  const { rows } = await select(page).execute(database);
  if (rows.length <= limit) return { rows, remaining: 0 };
  const rest: Query = sql`LIMIT ${MAX_COUNTED} OFFSET ${offset + limit}`;
  const counted = await sql<{ count: string }>`
    SELECT count(*) AS count FROM (${select(rest)}) AS rest`.execute(database);
  return { rows: rows.slice(0, limit), remaining: Number(counted.rows[0]?.count ?? 1) };
}

function conditionsAt(place: SearchPlace, query: SearchQuery) {
  const visible = visibleInstances(place.sight);
  const options = { fuzzy: query.fuzzy, visible };
  const of = (level: string): RawBuilder<SqlBool>[] =>
    query.matches
      .filter(({ key }) => key.level === level)
      .map((match) => conditionFor(match, options));
  return { visible, study: of('study'), series: of('series'), instance: of('instance') };
}

/** The newest first; the order is total, so that pages fit together (PS3.18 8.3.4.4.1). */
const NEWEST_FIRST = sql`study.received_at DESC, study.study_key DESC`;

/** What is skipped is skipped within the index: only the rows of the page are read. */
export function findStudies(place: SearchPlace, query: SearchQuery): Promise<Page<StudyRow>> {
  const { study } = conditionsAt(place, query);
  return readPage(
    place.database,
    query,
    (page) => sql<StudyRow>`
      SELECT study.* FROM (
        SELECT study.study_key AS key FROM study
        WHERE ${allOf(study)} ORDER BY ${NEWEST_FIRST} ${page}) AS found
      JOIN study ON study.study_key = found.key ORDER BY ${NEWEST_FIRST}`,
  );
}

/**
 * Series by study, then by number. A series is found when any of its instances has what is asked for, and counted with
 * all of them.
 */
export async function findSeries(
  place: SearchPlace,
  query: SearchQuery,
): Promise<Page<SeriesFound>> {
  const { study, series, visible } = conditionsAt(place, query);
  // Which studies come into question is what the indexes on instances are asked for first.
  const candidates = series.map(
    (condition) =>
      sql<SqlBool>`study.study_key IN (SELECT instance.study_key FROM instance WHERE ${condition})`,
  );
  const having = series.length === 0 ? sql`` : sql`HAVING bool_or(${allOf(series)})`;
  const { database } = place;
  const { rows, remaining } = await readPage(
    database,
    query,
    (page) => sql<{ studyKey: string; instanceKey: string; instances: string }>`
      SELECT study.study_key, found.instance_key, found.instances
      FROM study CROSS JOIN LATERAL (
        SELECT instance.series_instance_uid, min(instance.series_number) AS number,
          min(instance.instance_key) AS instance_key, count(*) AS instances
        FROM instance WHERE instance.study_key = study.study_key AND ${visible}
        GROUP BY instance.series_instance_uid ${having}) AS found
      WHERE ${allOf([...study, ...candidates])}
      ORDER BY ${NEWEST_FIRST}, found.number, found.series_instance_uid ${page}`,
  );
  const studies = await readStudies(place, rows);
  const instances = await readInstanceRows(place, rows);
  return {
    remaining,
    rows: rows.flatMap((row) => {
      const [of, instance] = [studies.get(row.studyKey), instances.get(row.instanceKey)];
      if (of === undefined || instance === undefined) return [];
      return [{ study: of, instance, instances: Number(row.instances) }];
    }),
  };
}

/** Instances by study, series number and instance number. */
export async function findInstanceRows(
  place: SearchPlace,
  query: SearchQuery,
): Promise<Page<InstanceFound>> {
  const { study, series, instance, visible } = conditionsAt(place, query);
  const { rows, remaining } = await readPage(
    place.database,
    query,
    (page) => sql<{ studyKey: string; instanceKey: string }>`
      SELECT study.study_key, instance.instance_key
      FROM study JOIN instance ON instance.study_key = study.study_key
      WHERE ${allOf([...study, ...series, ...instance, visible])}
      ORDER BY ${NEWEST_FIRST}, instance.series_number, instance.series_instance_uid,
        instance.instance_number, instance.sop_instance_uid ${page}`,
  );
  const studies = await readStudies(place, rows);
  const instances = await readInstanceRows(place, rows);
  return {
    remaining,
    rows: rows.flatMap((row) => {
      const [of, found] = [studies.get(row.studyKey), instances.get(row.instanceKey)];
      return of === undefined || found === undefined ? [] : [{ study: of, instance: found }];
    }),
  };
}

async function readStudies(
  { database }: SearchPlace,
  rows: readonly { readonly studyKey: string }[],
): Promise<ReadonlyMap<string, StudyRow>> {
  const keys = [...new Set(rows.map((row) => row.studyKey))];
  if (keys.length === 0) return new Map();
  const found = await database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', 'in', keys)
    .execute();
  return new Map(found.map((row) => [row.studyKey, row]));
}

async function readInstanceRows(
  { database }: SearchPlace,
  rows: readonly { readonly instanceKey: string }[],
): Promise<ReadonlyMap<string, InstanceRow>> {
  if (rows.length === 0) return new Map();
  const found = await database
    .selectFrom('instance')
    .selectAll()
    .where(
      'instanceKey',
      'in',
      rows.map((row) => row.instanceKey),
    )
    .execute();
  return new Map(found.map((row) => [row.instanceKey, row]));
}
