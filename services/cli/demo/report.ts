import { wilsonInterval } from '#core/statistics/proportions.ts';
import { mainLabel } from '#models/manifest/labels.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DemoStudy } from '#test-data/demo-set.ts';

/** What became of one demo study. */
export interface DemoOutcome {
  readonly study: DemoStudy;
  readonly status: string;
  readonly statusReason: string | null;
  readonly priority: string;
  readonly reason: string;
  readonly score: number | null;
}

export async function readOutcomes(
  database: Database,
  sent: ReadonlyMap<string, DemoStudy>,
): Promise<DemoOutcome[]> {
  if (sent.size === 0) return [];
  const rows = await database
    .selectFrom('study')
    .select(['studyInstanceUid', 'status', 'statusReason', 'priority', 'reason', 'score'])
    .where('studyInstanceUid', 'in', [...sent.keys()])
    .execute();
  return rows.flatMap(({ studyInstanceUid, ...row }) => {
    const study = sent.get(studyInstanceUid);
    return study === undefined ? [] : [{ study, ...row }];
  });
}

/** True once the study has a result, or a stated reason for having none. */
export function isSettled(outcome: DemoOutcome): boolean {
  return ['analysed', 'not-analysed', 'failed'].includes(outcome.status);
}

/** Of the pairs in which both twins have a score: how often the one with the lesion has the higher one. */
export function countOutscored(outcomes: readonly DemoOutcome[]): { won: number; pairs: number } {
  const pairs = new Map<number, { lesion?: number; twin?: number }>();
  for (const { study, score } of outcomes) {
    if (study.pair === null || score === null) continue;
    const pair = pairs.get(study.pair) ?? {};
    pairs.set(study.pair, { ...pair, [study.hasLesion ? 'lesion' : 'twin']: score });
  }
  const complete = [...pairs.values()].flatMap(({ lesion, twin }) =>
    lesion === undefined || twin === undefined ? [] : [{ lesion, twin }],
  );
  return {
    won: complete.filter(({ lesion, twin }) => lesion > twin).length,
    pairs: complete.length,
  };
}

function percent(value: number): string {
  return `${(100 * value).toFixed(0)}%`;
}

export function describeTwins(outcomes: readonly DemoOutcome[]): string {
  const { won, pairs } = countOutscored(outcomes);
  if (pairs === 0) return 'No pair of twins has been scored.';
  const [low, high] = wilsonInterval(won, pairs);
  return `${won} of ${pairs} lesion studies outscore their lesion-free twin (${percent(won / pairs)}, 95% interval ${percent(low)}-${percent(high)}).`;
}

export function describeValidation(model: RegisteredModel): string {
  const { manifest } = model;
  if (manifest === undefined) return `${model.id}: refused, ${model.problem?.message ?? ''}`;
  const { validation } = mainLabel(manifest);
  if (validation === undefined) return `${model.id} ${manifest.version}: no validation stated`;
  const [low, high] = validation.aucInterval;
  const figures = `AUC ${validation.auc.toFixed(3)} (95% interval ${low.toFixed(3)}-${high.toFixed(3)}), ${validation.positives} of ${validation.n} positive`;
  return `${model.id} ${manifest.version}: ${figures}; ${validation.method}`;
}
