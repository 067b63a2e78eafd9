import type { Kysely } from 'kysely';
import type { Priority } from '#core/priority.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { ConcludedLabel } from '#platform/notifications/match-rule.ts';
import { planNotifications } from '#platform/notifications/plan-notifications.ts';
import type { LockedRun } from './begin-run.ts';
import type { ModelConclusion, RunConclusion } from './conclude-run.ts';

export interface ResultToTell {
  readonly rules: readonly NotificationRule[];
  readonly conclusion: RunConclusion;
  /** What the study now has. */
  readonly placed: {
    readonly priority: Priority;
    readonly reason: string;
    readonly analysedAt: Date;
  };
}

/** Plans what the site wants to be told of this result; it goes out once the transaction has committed. */
export async function notifyResult(
  transaction: Kysely<DatabaseSchema>,
  { study, run }: LockedRun,
  { rules, conclusion, placed }: ResultToTell,
): Promise<number> {
  const { studyKey, studyInstanceUid, accessionNumber, lastImageAt, modality, site } = study;
  return planNotifications(transaction, rules, {
    ...{ studyKey, studyInstanceUid, accessionNumber, lastImageAt, modality, site },
    runKey: run.runKey,
    priority: placed.priority,
    priorityReason: placed.reason,
    concludedAt: placed.analysedAt,
    labels: conclusion.models.flatMap(labelsOf),
  });
}

function labelsOf({ model, labels }: ModelConclusion): ConcludedLabel[] {
  const modelVersion = model.manifest?.version ?? '';
  return labels.map(({ label: { id, label, code }, score, threshold, flagged }) => ({
    ...{ id, label, code, score, threshold, flagged, modelId: model.id, modelVersion },
  }));
}
