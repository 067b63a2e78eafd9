import { RadTriageError } from './errors.ts';

/** Performed Procedure Step Status (0040,0252) (PS3.3 C.4.14). */
const PERFORMED_STEP_STATUSES = ['IN PROGRESS', 'COMPLETED', 'DISCONTINUED'] as const;
export type PerformedStepStatus = (typeof PERFORMED_STEP_STATUSES)[number];

/** The one transition table (PS3.4 F.7.2.2): a step in progress may be told again as it is, a final one changes no more. */
const TRANSITIONS: Readonly<Record<PerformedStepStatus, readonly PerformedStepStatus[]>> = {
  'IN PROGRESS': ['IN PROGRESS', 'COMPLETED', 'DISCONTINUED'],
  COMPLETED: [],
  DISCONTINUED: [],
};

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextStepStatus(
  status: PerformedStepStatus,
  told: PerformedStepStatus,
): PerformedStepStatus {
  if (TRANSITIONS[status].includes(told)) return told;
  const message = `a performed procedure step that is ${status} cannot become ${told}`;
  throw new RadTriageError('ILLEGAL_TRANSITION', message, { details: { status, told } });
}

export function isPerformedStepStatus(text: string): text is PerformedStepStatus {
  return PERFORMED_STEP_STATUSES.some((status) => status === text);
}
