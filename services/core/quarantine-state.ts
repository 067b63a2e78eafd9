import { RadTriageError } from './errors.ts';

/** Why something was held back. */
export const QUARANTINE_REASONS = [
  /** Other pixels under a known SOP Instance UID. */
  'pixels-changed',
  /** The pixels could not be compared: too large, too slow, or one of the two cannot be decoded. */
  'pixels-not-compared',
  /** An object without pixels whose content is another. */
  'content-changed',
  /** A rejection note, obeyed. */
  'note-permitted',
  /** A rejection note from a peer that may not reject the images that it names. */
  'note-not-permitted',
] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

export const QUARANTINE_STATES = ['waiting', 'adopted', 'dismissed'] as const;
export type QuarantineState = (typeof QUARANTINE_STATES)[number];

export const QUARANTINE_DECISIONS = ['adopt', 'dismiss', 'undo'] as const;
export type QuarantineDecision = (typeof QUARANTINE_DECISIONS)[number];

const TRANSITIONS: Readonly<
  Record<QuarantineState, Partial<Record<QuarantineDecision, QuarantineState>>>
> = {
  waiting: { adopt: 'adopted', dismiss: 'dismissed' },
  adopted: { undo: 'waiting' },
  dismissed: { undo: 'waiting' },
};

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextQuarantineState(
  state: QuarantineState,
  decision: QuarantineDecision,
): QuarantineState {
  const next = TRANSITIONS[state][decision];
  if (next === undefined) {
    const message = `${decision} is not possible: the entry is ${state}`;
    throw new RadTriageError('ILLEGAL_TRANSITION', message, { details: { state, decision } });
  }
  return next;
}
