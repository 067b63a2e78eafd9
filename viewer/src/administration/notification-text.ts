import type { NotificationState } from '#core/notification.ts';
import { translated } from '../languages/language.ts';

export const NOTIFICATION_TEXT = translated('NOTIFICATION_TEXT', {
  rules: 'Notification rules',
  rulesLead: (days: number) =>
    `Who is told of which results, from notifications.rules of the configuration. Times are of the results of the last ${days} days: the median / what 95 of 100 took at most.`,
  noRules: 'Nobody is told of results.',
  noRulesDetail: 'notifications.rules in the configuration says who is: docs/notifications.md.',
  ruleColumns: {
    rule: 'Rule',
    when: 'Tells of',
    now: 'Now',
    sent: 'Sent',
    toSent: 'Until sent',
    toAcknowledged: 'Until acknowledged',
    test: 'Test',
  },
  or: ' or ',
  fromResult: 'from the result',
  fromImage: 'from the last image',
  noTimes: 'no data yet',
  time: (median: string, p95: string) => `${median} / ${p95}`,
  unacknowledged: (count: string) => `${count} not acknowledged`,
  waitingNow: (count: string) => `${count} waiting`,
  deadNow: (count: string) => `${count} given up`,
  nothing: 'nothing waits',
  unmatched: (names: string) => `No active model has: ${names}.`,
  acknowledges: 'its receiver may acknowledge',
  test: 'Send a test',
  tested: (rule: string) => `A test of ${rule} is on its way. It is marked as a test.`,

  list: 'Notifications',
  listLead: 'What was given up comes first, then what waits, then the newest.',
  empty: 'No notification was ever planned.',
  more: (shown: string, total: string) => `${shown} of ${total}`,
  columns: {
    state: 'State',
    rule: 'Rule',
    study: 'Study',
    planned: 'Planned',
    tries: 'Tries',
    outcome: 'What became of it',
    action: 'Action',
  },
  isTest: 'test',
  notConfigured: 'not in the configuration any more',
  next: 'next try',
  until: 'until',
  sentAt: 'sent',
  seen: (reader: string) => `seen by ${reader}`,
  acknowledged: (who: string) => `acknowledged by ${who}`,
  notAcknowledged: 'not acknowledged',
  resend: 'Send again',
  resent: 'It is sent again.',
  dismiss: 'Dismiss',
  dismissed: 'It is not sent.',
});

export const NOTIFICATION_STATE_WORDS: Readonly<Record<NotificationState, string>> = translated(
  'NOTIFICATION_STATE_WORDS',
  {
    waiting: 'waiting',
    sent: 'sent',
    dead: 'given up',
    dismissed: 'dismissed',
  },
);
