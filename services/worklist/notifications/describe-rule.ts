import type { NotificationRule } from '#platform/config/notifications.ts';

/** What a rule tells of, in words. */
export function describeRule({ when }: Pick<NotificationRule, 'when'>): string {
  const { findings, models, priorityAtLeast, flagged, modalities, sites } = when;
  const parts: string[] = [];
  if (findings !== undefined) parts.push(`flagged: ${findings.join(' or ')}`);
  else if (flagged === true || models !== undefined) parts.push('anything flagged');
  if (models !== undefined) parts.push(`by ${models.join(' or ')}`);
  if (priorityAtLeast !== undefined) parts.push(`priority ${priorityAtLeast} or more urgent`);
  if (modalities !== undefined) parts.push(`modality ${modalities.join(' or ')}`);
  if (sites !== undefined) parts.push(`site ${sites.join(' or ')}`);
  return parts.join(', ');
}
