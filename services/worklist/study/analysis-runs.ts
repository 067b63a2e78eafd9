import type { Selectable } from 'kysely';
import type { StudyDetail } from '#contracts/study.ts';
import type { ModelRunTable } from '#platform/database/analysis-tables.ts';
import type { Database } from '#platform/database/connect.ts';

type AnalysisRun = StudyDetail['analysisRuns'][number];
type ModelRun = AnalysisRun['models'][number];

function toModelRun(row: Selectable<ModelRunTable>): ModelRun {
  const { modelId, modelVersion, modelSha256, role, outcome, reason, provider } = row;
  const { score, threshold, flagged, labelScores, images, timings } = row;
  const what = { modelId, modelVersion, modelSha256, role, outcome, reason, provider };
  return { ...what, score, threshold, flagged, labels: labelScores, images, timings };
}

/** All runs of a study, the newest first. Models in shadow are left out unless `withShadow`. */
export async function readAnalysisRuns(
  database: Database,
  studyKey: string,
  withShadow: boolean,
): Promise<AnalysisRun[]> {
  const runs = await database
    .selectFrom('analysisRun')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .orderBy('number', 'desc')
    .execute();
  const models = new Map<string, ModelRun[]>();
  if (runs.length > 0) {
    const rows = await database
      .selectFrom('modelRun')
      .selectAll()
      .where(
        'runKey',
        'in',
        runs.map((run) => run.runKey),
      )
      .orderBy('modelId')
      .execute();
    for (const row of rows) {
      if (row.role !== 'active' && !withShadow) continue;
      models.set(row.runKey, [...(models.get(row.runKey) ?? []), toModelRun(row)]);
    }
  }
  return runs.map((run) => ({
    id: run.runKey,
    number: run.number,
    imageRevision: run.imageRevision,
    trigger: run.trigger,
    state: run.state,
    reason: run.reason,
    traceId: run.traceId,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    models: models.get(run.runKey) ?? [],
  }));
}
