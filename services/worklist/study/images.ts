import type { Selectable } from 'kysely';
import type { StudyDetail } from '#contracts/study.ts';
import type { Database } from '#platform/database/connect.ts';
import type { InstanceTable } from '#platform/database/study-tables.ts';
import type { Sight } from './sight.ts';
import { visibleInstances } from './visible-instances.ts';

export type InstanceRow = Selectable<InstanceTable>;
type Series = StudyDetail['series'][number];

/** Which instances of a study: those of one series, or one alone. */
export interface InstanceFilter {
  readonly series?: string | undefined;
  readonly instance?: string | undefined;
}

/** The instances of a study that stand and that this asker may see, by series and instance number. */
export async function readInstances(
  database: Database,
  studyKey: string,
  { sight, series, instance }: InstanceFilter & { sight: Sight },
): Promise<InstanceRow[]> {
  let select = database
    .selectFrom('instance')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .where(visibleInstances(sight));
  if (series !== undefined) select = select.where('seriesInstanceUid', '=', series);
  if (instance !== undefined) select = select.where('sopInstanceUid', '=', instance);
  return select
    .orderBy('seriesNumber')
    .orderBy('seriesInstanceUid')
    .orderBy('instanceNumber')
    .orderBy('sopInstanceUid')
    .execute();
}

/** Instances grouped into their series, in the order of the rows. */
export function toSeries(rows: readonly InstanceRow[]): Series[] {
  const series = new Map<string, Series>();
  for (const row of rows) {
    const known = series.get(row.seriesInstanceUid) ?? {
      seriesInstanceUid: row.seriesInstanceUid,
      modality: row.modality,
      seriesNumber: row.seriesNumber,
      seriesDescription: row.seriesDescription,
      instances: [],
    };
    known.instances.push({
      sopInstanceUid: row.sopInstanceUid,
      sopClassUid: row.sopClassUid,
      transferSyntaxUid: row.transferSyntaxUid,
      kind: row.kind,
      instanceNumber: row.instanceNumber,
      rows: row.rows,
      columns: row.columns,
      numberOfFrames: row.numberOfFrames ?? 1,
      sha256: row.sha256,
    });
    series.set(row.seriesInstanceUid, known);
  }
  return [...series.values()];
}
