import { RadTriageError } from './errors.ts';

/** Where a storage commitment request stands, from its receipt until the peer has its answer. */
export const COMMITMENT_STATES = ['checking', 'reporting', 'delivered', 'given-up'] as const;
export type CommitmentState = (typeof COMMITMENT_STATES)[number];

type CommitmentEvent =
  /** Each object was looked at. */
  | 'decided'
  /** The peer took the report. */
  | 'report-delivered'
  /** The peer could not be reached for so long that it is left at that. */
  | 'report-given-up'
  /** The peer asked again under the same transaction UID: the promise is looked at anew. */
  | 'asked-again';

/** The one transition table. A pair that is not here is illegal and throws. */
const TRANSITIONS: Readonly<
  Record<CommitmentState, Partial<Record<CommitmentEvent, CommitmentState>>>
> = {
  checking: { decided: 'reporting', 'asked-again': 'checking' },
  reporting: {
    'report-delivered': 'delivered',
    'report-given-up': 'given-up',
    'asked-again': 'checking',
  },
  delivered: { 'asked-again': 'checking' },
  'given-up': { 'asked-again': 'checking' },
};

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextCommitmentState(
  state: CommitmentState,
  event: CommitmentEvent,
): CommitmentState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) {
    const message = `a storage commitment that is ${state} cannot take the event ${event}`;
    throw new RadTriageError('ILLEGAL_TRANSITION', message, { details: { state, event } });
  }
  return next;
}

/** What was found of one object that a peer wants to be committed to. */
export const COMMITMENT_FINDINGS = [
  'kept',
  'unknown',
  'class-conflict',
  'class-unsupported',
  'not-kept-by-policy',
  /** The peer's own content waits for an administrator, or was decided against. */
  'held-back',
  'file-missing',
  'file-altered',
  'file-unreadable',
] as const;
export type CommitmentFinding = (typeof COMMITMENT_FINDINGS)[number];

const PROCESSING_FAILURE = 0x0110;

/** Failure Reason (0008,1197) of each finding (PS3.3 C.14.1.1); none for an object that is kept. */
const FAILURE_REASONS: Readonly<Record<CommitmentFinding, number | undefined>> = {
  kept: undefined,
  unknown: 0x0112,
  'class-conflict': 0x0119,
  'class-unsupported': 0x0122,
  'not-kept-by-policy': PROCESSING_FAILURE,
  'held-back': PROCESSING_FAILURE,
  'file-missing': PROCESSING_FAILURE,
  'file-altered': PROCESSING_FAILURE,
  'file-unreadable': PROCESSING_FAILURE,
};

export function failureReasonOf(finding: CommitmentFinding): number | undefined {
  return FAILURE_REASONS[finding];
}
