import type { Selectable } from 'kysely';
import type { Heatmap, StudyDetail } from '#contracts/study.ts';
import { RadTriageError } from '#core/errors.ts';
import type { HeatmapTable } from '#platform/database/analysis-tables.ts';
import type { Database } from '#platform/database/connect.ts';

const FLOAT32_BYTES = 4;
/** Decimals of a heatmap value: finer than any colour map shows. */
const DECIMALS = 5;

/** Of the active models of these runs. */
export async function readHeatmapSummaries(
  database: Database,
  runKeys: readonly string[],
): Promise<StudyDetail['heatmaps']> {
  if (runKeys.length === 0) return [];
  const rows = await database
    .selectFrom('heatmap')
    .innerJoin('modelRun', 'modelRun.modelRunKey', 'heatmap.modelRunKey')
    .select([
      'heatmap.heatmapId as id',
      'heatmap.sopInstanceUid',
      'heatmap.frame',
      'heatmap.peak',
      'heatmap.label',
      'heatmap.origin',
      'modelRun.modelId',
    ])
    .where('modelRun.runKey', 'in', runKeys)
    .where('modelRun.role', '=', 'active')
    .where('heatmap.withdrawnAt', 'is', null)
    .orderBy('heatmap.peak', 'desc')
    .orderBy('heatmap.heatmapId')
    .execute();
  return rows;
}

function readValues(row: Selectable<HeatmapTable>): number[] {
  const count = row.width * row.height;
  if (row.values.length !== count * FLOAT32_BYTES) {
    throw new RadTriageError('INTERNAL', 'a stored heatmap has not the size that it states', {
      details: { heatmapId: row.heatmapId },
    });
  }
  return Array.from({ length: count }, (_, index) =>
    Number(row.values.readFloatLE(index * FLOAT32_BYTES).toFixed(DECIMALS)),
  );
}

/**
 * One heatmap of an active model. Those of models in shadow, and those that were withdrawn, do not exist for readers.
 * @throws RadTriageError NOT_FOUND
 */
export async function readHeatmap(
  database: Database,
  studyInstanceUid: string,
  heatmapId: string,
): Promise<Heatmap> {
  const row = await database
    .selectFrom('heatmap')
    .innerJoin('modelRun', 'modelRun.modelRunKey', 'heatmap.modelRunKey')
    .innerJoin('analysisRun', 'analysisRun.runKey', 'modelRun.runKey')
    .innerJoin('study', 'study.studyKey', 'heatmap.studyKey')
    .selectAll('heatmap')
    .select('modelRun.modelId')
    .where('heatmap.heatmapId', '=', heatmapId)
    .where('study.studyInstanceUid', '=', studyInstanceUid)
    // What a run gave that was overtaken while it ran was never anybody's result.
    .where('analysisRun.state', '=', 'analysed')
    .where('modelRun.role', '=', 'active')
    .where('heatmap.withdrawnAt', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such heatmap');
  return {
    id: row.heatmapId,
    sopInstanceUid: row.sopInstanceUid,
    frame: row.frame,
    modelId: row.modelId,
    label: row.label,
    origin: row.origin,
    peak: row.peak,
    width: row.width,
    height: row.height,
    values: readValues(row),
    transform: {
      scaleX: row.scaleX,
      scaleY: row.scaleY,
      originX: row.originX,
      originY: row.originY,
    },
    threshold: row.threshold,
    unit: row.origin === 'occlusion' || row.origin === 'rise' ? 'share-of-score' : 'score',
  };
}
