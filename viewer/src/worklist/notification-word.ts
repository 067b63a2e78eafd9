import type { NotificationSummary } from '#contracts/study.ts';
import { formatWhen } from '../design/format.ts';
import { NOTIFIED_TEXT as T } from './notification-text.ts';

export interface NotificationWord {
  readonly tone: 'warn' | 'bad' | 'plain';
  readonly text: string;
}

type Told = Pick<NotificationSummary, 'sentAt' | 'seenAt' | 'acknowledgedAt' | 'acknowledgedBy'>;

/** Of a notification that was sent: `notified 14:02, seen 14:05, not acknowledged`. */
function describeSent({ sentAt, seenAt, acknowledgedAt, acknowledgedBy }: Told): string {
  const when = (time: string) => formatWhen(time, new Date());
  const said = [
    ...(sentAt === null ? [] : [T.notified(when(sentAt))]),
    ...(seenAt === null || acknowledgedAt !== null ? [] : [T.seen(when(seenAt))]),
    acknowledgedAt === null
      ? T.notAcknowledged
      : T.acknowledged(when(acknowledgedAt), acknowledgedBy ?? ''),
  ];
  return said.join(', ');
}

/** What became of the notifications about a study. */
export function describeNotification(summary: NotificationSummary): NotificationWord {
  switch (summary.state) {
    case 'unacknowledged':
      return { tone: 'warn', text: describeSent(summary) };
    case 'acknowledged':
      return { tone: 'plain', text: describeSent(summary) };
    case 'not-sent':
      return { tone: 'bad', text: T.notSent };
    case 'waiting':
      return { tone: 'plain', text: T.waiting };
  }
}
