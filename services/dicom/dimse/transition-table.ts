import { RadTriageError } from '#core/errors.ts';

/** States of an association (PS3.8 9.2.1), with their numbers in the standard. */
export const ASSOCIATION_STATES = [
  'idle', // Sta1
  'awaiting-request', // Sta2: transport open, A-ASSOCIATE-RQ expected
  'judging-request', // Sta3: the local user decides
  'connecting', // Sta4
  'awaiting-answer', // Sta5: A-ASSOCIATE-AC or -RJ expected
  'established', // Sta6
  'awaiting-release', // Sta7: A-RELEASE-RP expected
  'judging-release', // Sta8: the local user answers A-RELEASE-RQ
  'collision-requestor-judging', // Sta9
  'collision-acceptor-awaiting', // Sta10
  'collision-requestor-awaiting', // Sta11
  'collision-acceptor-judging', // Sta12
  'awaiting-close', // Sta13: the peer is to close the transport
] as const;
export type AssociationState = (typeof ASSOCIATION_STATES)[number];

/** Events (PS3.8 table 9-10). What the peer sends is named by its PDU; what we do by a verb. */
export const ASSOCIATION_EVENTS = [
  'request', // Evt1
  'transport-connected', // Evt2
  'associate-ac', // Evt3
  'associate-rj', // Evt4
  'transport-accepted', // Evt5
  'associate-rq', // Evt6
  'accept', // Evt7
  'reject', // Evt8
  'send-data', // Evt9
  'p-data', // Evt10
  'release', // Evt11
  'release-rq', // Evt12
  'release-rp', // Evt13
  'answer-release', // Evt14
  'abort', // Evt15
  'abort-pdu', // Evt16
  'transport-closed', // Evt17
  'artim-expired', // Evt18
  'invalid-pdu', // Evt19
] as const;
export type AssociationEvent = (typeof ASSOCIATION_EVENTS)[number];

/** Actions of PS3.8 tables 9-6 to 9-9. */
export type AssociationAction =
  | 'AE-1'
  | 'AE-2'
  | 'AE-3'
  | 'AE-4'
  | 'AE-5'
  | 'AE-6'
  | 'AE-7'
  | 'AE-8'
  | 'DT-1'
  | 'DT-2'
  | 'AR-1'
  | 'AR-2'
  | 'AR-3'
  | 'AR-4'
  | 'AR-5'
  | 'AR-6'
  | 'AR-7'
  | 'AR-8'
  | 'AR-9'
  | 'AR-10'
  | 'AA-1'
  | 'AA-2'
  | 'AA-3'
  | 'AA-4'
  | 'AA-5'
  | 'AA-6'
  | 'AA-7'
  | 'AA-8';

type Row = Partial<Record<AssociationState, AssociationAction>>;

/** The same action in each of the states in which an association or its release is under way. */
function underWay(action: AssociationAction): Row {
  return {
    'judging-request': action,
    'awaiting-answer': action,
    established: action,
    'awaiting-release': action,
    'judging-release': action,
    'collision-requestor-judging': action,
    'collision-acceptor-awaiting': action,
    'collision-requestor-awaiting': action,
    'collision-acceptor-judging': action,
  };
}

/** PS3.8 table 9-10: the one table of what happens in which state. A pair that is not here is illegal. */
export const TRANSITION_TABLE: Readonly<Record<AssociationEvent, Row>> = {
  request: { idle: 'AE-1' },
  'transport-connected': { connecting: 'AE-2' },
  'associate-ac': {
    ...underWay('AA-8'),
    'awaiting-request': 'AA-1',
    'awaiting-answer': 'AE-3',
    'awaiting-close': 'AA-6',
  },
  'associate-rj': {
    ...underWay('AA-8'),
    'awaiting-request': 'AA-1',
    'awaiting-answer': 'AE-4',
    'awaiting-close': 'AA-6',
  },
  'transport-accepted': { idle: 'AE-5' },
  'associate-rq': {
    ...underWay('AA-8'),
    'awaiting-request': 'AE-6',
    'awaiting-close': 'AA-7',
  },
  accept: { 'judging-request': 'AE-7' },
  reject: { 'judging-request': 'AE-8' },
  'send-data': { established: 'DT-1', 'judging-release': 'AR-7' },
  'p-data': {
    ...underWay('AA-8'),
    'awaiting-request': 'AA-1',
    established: 'DT-2',
    'awaiting-release': 'AR-6',
    'awaiting-close': 'AA-6',
  },
  release: { established: 'AR-1' },
  'release-rq': {
    ...underWay('AA-8'),
    'awaiting-request': 'AA-1',
    established: 'AR-2',
    'awaiting-release': 'AR-8',
    'awaiting-close': 'AA-6',
  },
  'release-rp': {
    ...underWay('AA-8'),
    'awaiting-request': 'AA-1',
    'awaiting-release': 'AR-3',
    'collision-acceptor-awaiting': 'AR-10',
    'collision-requestor-awaiting': 'AR-3',
    'awaiting-close': 'AA-6',
  },
  'answer-release': {
    'judging-release': 'AR-4',
    'collision-requestor-judging': 'AR-9',
    'collision-acceptor-judging': 'AR-4',
  },
  abort: { ...underWay('AA-1'), connecting: 'AA-2' },
  'abort-pdu': { ...underWay('AA-3'), 'awaiting-request': 'AA-2', 'awaiting-close': 'AA-2' },
  'transport-closed': {
    ...underWay('AA-4'),
    'awaiting-request': 'AA-5',
    connecting: 'AA-4',
    'awaiting-close': 'AR-5',
  },
  'artim-expired': { 'awaiting-request': 'AA-2', 'awaiting-close': 'AA-2' },
  'invalid-pdu': { ...underWay('AA-8'), 'awaiting-request': 'AA-1', 'awaiting-close': 'AA-7' },
};

/**
 * The state after each action. AR-8 decides between two, see `findTransition`; AE-6 always asks the local user, who
 * also judges the protocol version.
 */
const NEXT_STATES: Readonly<Record<AssociationAction, AssociationState>> = {
  'AE-1': 'connecting',
  'AE-2': 'awaiting-answer',
  'AE-3': 'established',
  'AE-4': 'idle',
  'AE-5': 'awaiting-request',
  'AE-6': 'judging-request',
  'AE-7': 'established',
  'AE-8': 'awaiting-close',
  'DT-1': 'established',
  'DT-2': 'established',
  'AR-1': 'awaiting-release',
  'AR-2': 'judging-release',
  'AR-3': 'idle',
  'AR-4': 'awaiting-close',
  'AR-5': 'idle',
  'AR-6': 'awaiting-release',
  'AR-7': 'judging-release',
  'AR-8': 'collision-acceptor-awaiting',
  'AR-9': 'collision-requestor-awaiting',
  'AR-10': 'collision-acceptor-judging',
  'AA-1': 'awaiting-close',
  'AA-2': 'idle',
  'AA-3': 'idle',
  'AA-4': 'idle',
  'AA-5': 'idle',
  'AA-6': 'awaiting-close',
  'AA-7': 'awaiting-close',
  'AA-8': 'awaiting-close',
};

export interface Transition {
  readonly action: AssociationAction;
  readonly next: AssociationState;
}

/**
 * What an event does in a state.
 * @param requestor we asked for the association (decides a release collision, AR-8).
 * @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold.
 */
export function findTransition(
  state: AssociationState,
  event: AssociationEvent,
  requestor: boolean,
): Transition {
  const action = TRANSITION_TABLE[event][state];
  if (action === undefined) {
    throw new RadTriageError(
      'ILLEGAL_TRANSITION',
      `an association that is ${state} cannot take the event ${event}`,
      { details: { state, event } },
    );
  }
  if (action === 'AR-8' && requestor) return { action, next: 'collision-requestor-judging' };
  return { action, next: NEXT_STATES[action] };
}

export function hasTransition(state: AssociationState, event: AssociationEvent): boolean {
  return TRANSITION_TABLE[event][state] !== undefined;
}
