import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';
import type { FindingRow } from './finding-row.ts';

/** A study and the revision whose results are current. */
export interface RevisedStudy {
  readonly studyKey: string;
  readonly imageRevision: string | null;
}

/** The newest run over each study's current images that came to a result: studyKey to runKey. */
export async function findCurrentRuns(
  database: Kysely<DatabaseSchema>,
  studies: readonly RevisedStudy[],
): Promise<ReadonlyMap<string, string>> {
  if (studies.length === 0) return new Map();
  const rows = await database
    .selectFrom('analysisRun')
    .innerJoin('study', (join) =>
      join
        .onRef('study.studyKey', '=', 'analysisRun.studyKey')
        .onRef('study.imageRevision', '=', 'analysisRun.imageRevision'),
    )
    .distinctOn('analysisRun.studyKey')
    .select(['analysisRun.studyKey', 'analysisRun.runKey'])
    .where(
      'analysisRun.studyKey',
      'in',
      studies.map((study) => study.studyKey),
    )
    .where('analysisRun.state', '=', 'analysed')
    .orderBy('analysisRun.studyKey')
    .orderBy('analysisRun.number', 'desc')
    .execute();
  return new Map(rows.map((row) => [row.studyKey, row.runKey]));
}

/** Findings of the active models of these runs, the highest score first. */
export async function readFindings(
  database: Kysely<DatabaseSchema>,
  runKeys: readonly string[],
): Promise<FindingRow[]> {
  if (runKeys.length === 0) return [];
  return database
    .selectFrom('finding')
    .innerJoin('modelRun', 'modelRun.modelRunKey', 'finding.modelRunKey')
    .selectAll('finding')
    .select(['modelRun.modelId', 'modelRun.modelVersion'])
    .where('modelRun.runKey', 'in', runKeys)
    .where('modelRun.role', '=', 'active')
    .where('finding.withdrawnAt', 'is', null)
    .orderBy('finding.score', 'desc')
    .orderBy('finding.findingId')
    .execute();
}
