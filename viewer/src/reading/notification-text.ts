import type { NotificationState } from '#core/notification.ts';
import { translated } from '../languages/language.ts';

/** Of those that were not sent. */
const UNSENT: Readonly<Record<NotificationState, string>> = {
  waiting: 'on its way',
  sent: 'sent',
  dead: 'could not be sent',
  dismissed: 'not sent: dismissed by an administrator',
};

export const READING_NOTIFICATION_TEXT = translated('READING_NOTIFICATION_TEXT', {
  title: 'Notifications',
  unsent: UNSENT,
  notified: (time: string) => `notified ${time}`,
  seen: (reader: string, time: string) => `seen by ${reader} ${time}`,
  notAcknowledged: 'not acknowledged',
  acknowledgedBy: (who: string, time: string) => `acknowledged by ${who} ${time}`,
  acknowledge: 'Acknowledge',
  done: 'Acknowledged.',
});
