import type { Heatmap, StudyDetail } from '#contracts/study.ts';
import { RadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  heatmapTransform,
  isShareOfScore,
  readHeatmapValues,
} from '#platform/study-results/heatmap-row.ts';

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
    values: Array.from(readHeatmapValues(row), (value) => Number(value.toFixed(DECIMALS))),
    transform: heatmapTransform(row),
    threshold: row.threshold,
    unit: isShareOfScore(row) ? 'share-of-score' : 'score',
  };
}
