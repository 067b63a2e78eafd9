import { nextNotificationState } from '#core/notification.ts';
import type { Database } from '#platform/database/connect.ts';

/**
 * Gives up what waits for a rule that the configuration does not have any more, once its time is over: an administrator
 * sees it among the dead.
 */
export async function buryOrphans(
  database: Database,
  { rules, now }: { readonly rules: readonly string[]; readonly now: Date },
): Promise<void> {
  await database
    .updateTable('notification')
    .set({
      state: nextNotificationState('waiting', 'given-up'),
      lastError: 'the rule is not in the configuration any more',
      leaseId: null,
      leaseUntil: null,
    })
    .where('state', '=', 'waiting')
    .where('giveUpAt', '<=', now)
    .$if(rules.length > 0, (query) => query.where('rule', 'not in', rules))
    .execute();
}
