import { nextDeliveryState } from '#core/delivery-state.ts';
import { RadTriageError } from '#core/errors.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';

/** What stands with a delivery whose destination is gone, until the destination is back or somebody decides. */
const GONE = 'the destination is not in the configuration any more';

/** Marks what waits for a destination that the configuration does not have. It goes on waiting. */
export async function markOrphans(database: Database, names: readonly string[]): Promise<void> {
  await database
    .updateTable('delivery')
    .set({ lastError: GONE })
    .where('state', '=', 'waiting')
    .where('lastError', 'is distinct from', GONE)
    .$if(names.length > 0, (query) => query.where('destination', 'not in', names))
    .execute();
}

/** A destination is back: what waited for it is sent, and the time to give up begins anew. */
export async function welcomeBack(database: Database, name: string, now: Date): Promise<void> {
  await database
    .updateTable('delivery')
    .set({ lastError: null, attempts: 0, nextAttemptAt: now, waitingSince: now })
    .where('destination', '=', name)
    .where('state', '=', 'waiting')
    .where('lastError', '=', GONE)
    .execute();
}

/**
 * Leaves what waits for a destination that is gone at that; written down in the audit log.
 * @returns how many
 * @throws RadTriageError REQUEST_INVALID when the destination is configured: what waits for it is on its way
 */
export function dismissOrphans(
  database: Database,
  destinations: readonly Destination[],
  { name, actor }: { readonly name: string; readonly actor: string },
): Promise<number> {
  if (destinations.some((each) => each.name === name)) {
    throw new RadTriageError('REQUEST_INVALID', `the destination ${name} is configured`);
  }
  return database.transaction().execute(async (trx) => {
    const dismissed = await trx
      .updateTable('delivery')
      .set({ state: nextDeliveryState('waiting', 'abandon'), settledAt: new Date() })
      .where('destination', '=', name)
      .where('state', '=', 'waiting')
      .executeTakeFirst();
    const deliveries = Number(dismissed.numUpdatedRows);
    if (deliveries > 0) {
      const details = { destination: name, deliveries };
      await appendAudit(trx, { actor, action: 'delivery.dismissed', details });
    }
    return deliveries;
  });
}
