import { sql } from 'kysely';
import { visibleInstances } from '../../study/visible-instances.ts';
import type { SearchPlace } from './find-rows.ts';

/** What a study holds of what the asker may see. */
export interface StudyCounts {
  readonly series: number;
  readonly instances: number;
  readonly modalities: readonly string[];
}

export async function countStudies(
  { database, sight }: SearchPlace,
  studyKeys: readonly string[],
): Promise<ReadonlyMap<string, StudyCounts>> {
  const keys = [...new Set(studyKeys)];
  if (keys.length === 0) return new Map();
  // Each series once and each modality once: a series may, wrongly, hold several.
  const rows = await database
    .selectFrom('instance')
    .select(['studyKey', 'seriesInstanceUid', 'modality'])
    .select(({ fn }) => fn.countAll<string>().as('instances'))
    .where(sql<boolean>`instance.study_key = ANY(${keys})`)
    .where(visibleInstances(sight))
    .groupBy(['studyKey', 'seriesInstanceUid', 'modality'])
    .execute();
  const books = new Map<
    string,
    { series: Set<string>; instances: number; modalities: Set<string> }
  >();
  for (const row of rows) {
    const book = books.get(row.studyKey) ?? {
      ...{ series: new Set<string>(), instances: 0, modalities: new Set<string>() },
    };
    book.series.add(row.seriesInstanceUid);
    book.instances += Number(row.instances);
    if (row.modality !== null) book.modalities.add(row.modality);
    books.set(row.studyKey, book);
  }
  return new Map(
    [...books].map(([key, { series, instances, modalities }]) => [
      key,
      { series: series.size, instances, modalities: [...modalities].sort() },
    ]),
  );
}
