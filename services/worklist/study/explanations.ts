import type { StudyDetail } from '#contracts/study.ts';
import type { Database } from '#platform/database/connect.ts';

/** What has become of the explanations that these runs' active models asked for. */
export async function readExplanations(
  database: Database,
  runKeys: readonly string[],
): Promise<StudyDetail['explanations']> {
  if (runKeys.length === 0) return [];
  const rows = await database
    .selectFrom('explanation')
    .innerJoin('modelRun', 'modelRun.modelRunKey', 'explanation.modelRunKey')
    .select(['modelRun.modelId', 'explanation.label', 'explanation.method', 'explanation.state'])
    .select(['explanation.masks', 'explanation.plannedMasks'])
    .where('explanation.runKey', 'in', runKeys)
    .where('modelRun.role', '=', 'active')
    .orderBy('explanation.explanationId')
    .execute();
  return rows.flatMap(({ state, ...row }) => (state === 'superseded' ? [] : [{ ...row, state }]));
}
