import { type Priority, priorityRank } from '#core/priority.ts';
import type { ResultKind } from '#core/result-objects.ts';
import type { DeliveryRule, Destination } from '#platform/config/destinations.ts';

/** What rules look at. */
export interface StudyFacts {
  /** The AE title that the study came from; null when it came another way. */
  readonly callingAe: string | null;
  readonly site: string;
  readonly modality: string | null;
  readonly priority: Priority;
  readonly flagged: boolean;
  /** A radiologist has signed the result. */
  readonly verified: boolean;
}

/** The kinds of result that a destination gets of a study: the first rule that fits decides. */
export function kindsFor(
  { send, when }: Pick<Destination, 'send' | 'when'>,
  facts: StudyFacts,
): readonly ResultKind[] {
  const rule = when.find((each) => fits(each, facts));
  return rule === undefined ? [] : (rule.send ?? send);
}

function fits(rule: DeliveryRule, facts: StudyFacts): boolean {
  const { modality, site, callingAe, priorityAtLeast } = rule;
  return (
    isAmong(modality, facts.modality) &&
    isAmong(site, facts.site) &&
    isAmong(callingAe, facts.callingAe) &&
    (priorityAtLeast === undefined ||
      priorityRank(facts.priority) <= priorityRank(priorityAtLeast)) &&
    (facts.flagged || !rule.flaggedOnly) &&
    (facts.verified || !rule.verifiedOnly)
  );
}

function isAmong(wanted: readonly string[] | undefined, value: string | null): boolean {
  return wanted === undefined || (value !== null && wanted.includes(value));
}
