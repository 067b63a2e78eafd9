import type { NotifiedFinding } from '#core/notification.ts';
import { type Priority, priorityRank } from '#core/priority.ts';
import type { NotificationRule } from '../config/notifications.ts';

/** One label of an active model, flagged or not. */
export interface ConcludedLabel extends NotifiedFinding {
  /** Of the label in the model's manifest. */
  readonly id: string;
  readonly flagged: boolean;
}

/** What a rule looks at. */
export interface RuleFacts {
  readonly modality: string | null;
  readonly site: string;
  readonly priority: Priority;
  readonly labels: readonly ConcludedLabel[];
}

function isNamed({ id, label, code }: ConcludedLabel, findings: readonly string[]): boolean {
  const names = [id, label, `${code.scheme}:${code.value}`];
  return names.some((name) => findings.includes(name));
}

/** @returns the flagged labels that the rule is about; undefined when it does not apply */
export function matchRule(
  { when }: Pick<NotificationRule, 'when'>,
  { modality, site, priority, labels }: RuleFacts,
): readonly ConcludedLabel[] | undefined {
  const { findings, models, priorityAtLeast, flagged, modalities, sites } = when;
  if (modalities !== undefined && !modalities.includes(modality ?? '')) return undefined;
  if (sites !== undefined && !sites.includes(site)) return undefined;
  if (priorityAtLeast !== undefined && priorityRank(priority) > priorityRank(priorityAtLeast)) {
    return undefined;
  }
  const found = labels.filter(
    (label) =>
      label.flagged &&
      (findings === undefined || isNamed(label, findings)) &&
      (models === undefined || models.includes(label.modelId)),
  );
  const asksForFlag = findings !== undefined || models !== undefined || flagged === true;
  return asksForFlag && found.length === 0 ? undefined : found;
}
