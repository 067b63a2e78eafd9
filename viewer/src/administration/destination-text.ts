import type { ResultKind } from '#core/result-objects.ts';
import { translated } from '../languages/language.ts';

export const DESTINATION_TEXT = translated('DESTINATION_TEXT', {
  title: 'Destinations',
  lead: 'Where results go as DICOM objects. Each is served by itself: one that is down holds up none of the others.',
  empty: 'Results are sent nowhere.',
  emptyDetail: 'destinations in the configuration says where they go: docs/results-delivery.md.',
  columns: {
    name: 'Destination',
    gets: 'Gets',
    state: 'State',
    waiting: 'Waiting',
    sent: 'Sent, 24 h',
    dead: 'Dead',
    action: 'Action',
  },
  reachable: 'reachable',
  unreachable: 'in trouble',
  neverTried: 'not tried yet',
  notConfigured: 'not in the configuration any more',
  notConfiguredDetail:
    'What waits for it is not sent. Name it again in the configuration, or dismiss it.',
  since: 'since',
  failedAt: 'failed',
  next: 'next try',
  lastError: 'last trouble',
  oldest: 'the oldest for',
  lastSent: 'last',
  uncommitted: (count: string) => `${count} not yet promised to be kept`,
  unanswered: (count: string) => `${count} never promised to be kept`,
  commitment: 'asked to promise that it keeps them',
  test: 'Test',
  testing: 'Testing',
  tested: (name: string, detail: string, ms: string) => `${name}: ${detail}, ${ms} ms`,
  resendAll: 'Send all again',
  resentAll: (count: string) => `${count} sent again.`,

  dismissWaiting: (count: string) => `Dismiss ${count} waiting`,
  dismissedWaiting: (count: string) => `${count} dismissed: they are not sent.`,

  deadTitle: 'Dead letters',
  deadLead:
    'Objects that a destination refused, or did not take in its time. They are kept here until you decide.',
  noDead: 'No object was refused or given up.',
  deadColumns: {
    destination: 'Destination',
    kind: 'Object',
    study: 'Study',
    reason: 'Reason',
    tries: 'Tries',
    since: 'Since',
    action: 'Action',
  },
  more: (shown: string, total: string) => `${shown} of ${total}`,
  resend: 'Send again',
  resent: 'It is sent again.',
  dismiss: 'Dismiss',
  dismissed: 'It is not sent.',
});

export const KIND_WORDS: Readonly<Record<ResultKind, string>> = translated('KIND_WORDS', {
  sr: 'report (SR)',
  seg: 'segmentation',
  sc: 'picture (SC)',
  ko: 'key images (KO)',
  gsps: 'presentation state',
  rejection: 'rejection note',
});
