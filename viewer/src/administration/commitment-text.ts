import type { CommitmentFinding, CommitmentState } from '#core/commitment-state.ts';
import { translated } from '../languages/language.ts';

export const COMMITMENT_TEXT = translated('COMMITMENT_TEXT', {
  title: 'Storage commitment',
  lead: 'Peers ask whether they may rely on us for what they have sent. What needs you comes first.',
  promise: (days: number) =>
    `Objects are promised that are kept for ${days} ${days === 1 ? 'day' : 'days'} from their receipt.`,
  off: 'Storage commitment is off: peers are told that the service is not offered.',
  offDetail: 'dicom.storageCommitment.enabled turns it on.',
  noRetention:
    'Every object is refused: retention.keepAtLeastDays does not say how long objects are kept.',
  nothingPromised: 'nothing is promised',
  empty: 'No peer has asked yet.',
  more: (shown: number, total: number) => `${shown} of ${total}`,
  columns: {
    state: 'State',
    peer: 'Peer',
    address: 'Address',
    asked: 'Asked',
    kept: 'Promised',
    refused: 'Not promised',
    report: 'Report',
    action: 'Action',
  },
  of: (kept: string, objects: string) => `${kept} of ${objects}`,
  looking: (objects: string) => `${objects} to look at`,
  transaction: 'Transaction',
  tries: (count: number) => `${count} ${count === 1 ? 'try' : 'tries'}`,
  next: 'next',
  retry: 'Try again',
  retried: 'The objects are looked at anew, and the peer is told.',
});

export const COMMITMENT_STATE_WORDS: Readonly<Record<CommitmentState, string>> = translated(
  'COMMITMENT_STATE_WORDS',
  {
    checking: 'looking',
    reporting: 'reporting',
    delivered: 'reported',
    'given-up': 'given up',
  },
);

export const FINDING_WORDS: Readonly<Record<CommitmentFinding, string>> = translated(
  'FINDING_WORDS',
  {
    kept: 'kept',
    unknown: 'not here',
    'class-conflict': 'here as another SOP class',
    'class-unsupported': 'SOP class not taken',
    'not-kept-by-policy': 'not kept long enough',
    'held-back': 'held back in quarantine',
    'file-missing': 'FILE MISSING',
    'file-altered': 'FILE ALTERED',
    'file-unreadable': 'file cannot be read',
  },
);
