import { RadTriageError } from './errors.ts';

/** Where one object stands on its way to one destination. */
export const DELIVERY_STATES = [
  /** To be sent, now or when its next attempt is due. */
  'waiting',
  /** The destination has answered that it took it. */
  'sent',
  /** Refused for good, or not taken within the time that the destination is given. */
  'dead',
  /** A later result took its place before it was ever sent. */
  'superseded',
  /** Dead, or of a destination that is gone, and an administrator left it at that. */
  'dismissed',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

type DeliveryEvent =
  | 'taken'
  | 'try-again'
  | 'refused'
  | 'given-up'
  | 'overtaken'
  /** The destination says by storage commitment that it does not keep what it took. */
  | 'not-kept'
  | 'resend'
  | 'dismiss'
  /** Its destination is gone from the configuration, and an administrator does not wait for it. */
  | 'abandon';

/** The one transition table. A pair that is not here is illegal and throws. */
const TRANSITIONS: Readonly<Record<DeliveryState, Partial<Record<DeliveryEvent, DeliveryState>>>> =
  {
    waiting: {
      taken: 'sent',
      'try-again': 'waiting',
      refused: 'dead',
      'given-up': 'dead',
      overtaken: 'superseded',
      abandon: 'dismissed',
    },
    sent: { 'not-kept': 'waiting' },
    dead: { resend: 'waiting', dismiss: 'dismissed' },
    superseded: {},
    dismissed: { resend: 'waiting' },
  };

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextDeliveryState(state: DeliveryState, event: DeliveryEvent): DeliveryState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) {
    const message = `a delivery that is ${state} cannot take the event ${event}`;
    throw new RadTriageError('ILLEGAL_TRANSITION', message, { details: { state, event } });
  }
  return next;
}

/**
 * What is known of a destination's promise to keep an object (PS3.4 annex J); null where none is asked for.
 * `wanted`: to be asked for. `asked`: its answer is awaited. `unanswered`: given up asking.
 */
export const COMMITMENT_OUTLOOKS = [
  'wanted',
  'asked',
  'committed',
  'refused',
  'unanswered',
] as const;
export type CommitmentOutlook = (typeof COMMITMENT_OUTLOOKS)[number];
