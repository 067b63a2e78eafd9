import type { Kysely } from 'kysely';
import type { Finding } from '#contracts/study.ts';
import type { ReadingMode } from '#core/finding.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { FindingRow } from './finding-row.ts';
import { type MergedFinding, mergeFindings } from './merge-findings.ts';

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

/** In triage-only mode nothing says where a finding is: image, frame and boxes are withheld. */
function toFinding({ main, members }: MergedFinding, readingMode: ReadingMode): Finding {
  const isShown = readingMode === 'assist';
  const boxOf = (row: FindingRow): Finding['box'] =>
    isShown ? [row.boxX, row.boxY, row.boxWidth, row.boxHeight] : null;
  return {
    id: main.findingId,
    label: main.label,
    code: main.code,
    sopInstanceUid: isShown ? main.sopInstanceUid : null,
    frame: isShown ? main.frame : null,
    box: boxOf(main),
    score: main.score,
    modelId: main.modelId,
    modelVersion: main.modelVersion,
    seenBy: members.map((member) => ({
      findingId: member.findingId,
      modelId: member.modelId,
      modelVersion: member.modelVersion,
      label: member.label,
      score: member.score,
      box: boxOf(member),
    })),
  };
}

/** Findings as a reader judges them: what several models say of one place is one. */
export function toFindings(rows: readonly FindingRow[], readingMode: ReadingMode): Finding[] {
  return mergeFindings(rows).map((merged) => toFinding(merged, readingMode));
}
