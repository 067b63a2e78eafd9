import { translated } from '../languages/language.ts';

/** What the list says of notifications, in a few words each. */
export const NOTIFIED_TEXT = translated('NOTIFIED_TEXT', {
  notified: (time: string) => `notified ${time}`,
  seen: (time: string) => `seen ${time}`,
  notAcknowledged: 'not acknowledged',
  acknowledged: (time: string, who: string) => `acknowledged ${time} by ${who}`,
  notSent: 'notification could not be sent',
  waiting: 'notification on its way',
});
