import { RadTriageError } from './errors.ts';

/** What one kept content of a SOP Instance UID is to the study: one at most is current, all stay kept. */
export const INSTANCE_STANDINGS = [
  'current',
  /** Another content under a known UID, waiting for an administrator. */
  'conflict',
  /** A newer version took its place, or it moved to another study. */
  'superseded',
  /** Named by a rejection note. */
  'withdrawn',
  /** An administrator decided against it. */
  'dismissed',
] as const;
export type InstanceStanding = (typeof INSTANCE_STANDINGS)[number];

export const STANDING_EVENTS = [
  /** A newer version is current from now on. */
  'replaced',
  /** The newer version was taken back, or the rejection lifted. */
  'reinstated',
  'withdrawn',
  'adopted',
  'dismissed',
  /** The decision of an administrator was undone. */
  'undone',
] as const;
export type StandingEvent = (typeof STANDING_EVENTS)[number];

/** The one transition table. A pair that is not here is illegal and throws. */
const TRANSITIONS: Readonly<
  Record<InstanceStanding, Partial<Record<StandingEvent, InstanceStanding>>>
> = {
  current: { replaced: 'superseded', withdrawn: 'withdrawn', undone: 'conflict' },
  conflict: { adopted: 'current', dismissed: 'dismissed' },
  superseded: { reinstated: 'current' },
  withdrawn: { reinstated: 'current' },
  dismissed: { undone: 'conflict' },
};

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextStanding(standing: InstanceStanding, event: StandingEvent): InstanceStanding {
  const next = TRANSITIONS[standing][event];
  if (next === undefined) {
    throw new RadTriageError('ILLEGAL_TRANSITION', `what is ${standing} cannot be ${event}`, {
      details: { standing, event },
    });
  }
  return next;
}
