import type { Kysely } from 'kysely';
import { type DeliveryState, nextDeliveryState } from '#core/delivery-state.ts';
import { RadTriageError } from '#core/errors.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { notifyDestination } from '#platform/deliveries/channel.ts';

/** What is set when something is sent again: the time to give up begins anew. */
function anew(now: Date) {
  return {
    ...{ state: 'waiting' as const, attempts: 0, settledAt: null },
    ...{ nextAttemptAt: now, waitingSince: now },
  };
}

/** The destination is tried at once, however long it was to be left alone. */
async function hurry(trx: Kysely<DatabaseSchema>, name: string): Promise<void> {
  await trx
    .updateTable('destination')
    .set({ nextAttemptAt: null })
    .where('name', '=', name)
    .execute();
  await notifyDestination(trx, name);
}

/** Has a destination tried at once, after it was found to be there. */
export function hurryDestination(database: Database, name: string): Promise<void> {
  return database.transaction().execute((trx) => hurry(trx, name));
}

function requireConfigured(destinations: readonly Destination[], name: string): void {
  if (!destinations.some((each) => each.name === name)) {
    throw new RadTriageError('REQUEST_INVALID', `no destination ${name} is configured`);
  }
}

/**
 * Sends one dead letter again, or leaves it at that; written down in the audit log.
 * @returns its state
 * @throws RadTriageError NOT_FOUND, ILLEGAL_TRANSITION, and REQUEST_INVALID when its destination is not configured
 */
export function decideDelivery(
  database: Database,
  destinations: readonly Destination[],
  decision: { readonly key: string; readonly event: 'resend' | 'dismiss'; readonly actor: string },
): Promise<DeliveryState> {
  const { key, event, actor } = decision;
  return database.transaction().execute(async (trx) => {
    const delivery = await trx
      .selectFrom('delivery as d')
      .innerJoin('resultObject as o', 'o.resultObjectKey', 'd.resultObjectKey')
      .innerJoin('study as s', 's.studyKey', 'd.studyKey')
      .select(['d.destination', 'd.state', 'o.sopInstanceUid', 's.studyInstanceUid'])
      .where('d.deliveryKey', '=', key)
      .forUpdate('d')
      .executeTakeFirst();
    if (delivery === undefined) throw new RadTriageError('NOT_FOUND', 'no such delivery');
    const { destination, sopInstanceUid, studyInstanceUid } = delivery;
    const state = nextDeliveryState(delivery.state, event);
    const now = new Date();
    if (event === 'resend') requireConfigured(destinations, destination);
    await trx
      .updateTable('delivery')
      .set(event === 'resend' ? anew(now) : { state, settledAt: now })
      .where('deliveryKey', '=', key)
      .execute();
    if (event === 'resend') await hurry(trx, destination);
    const action = event === 'resend' ? 'delivery.resent' : 'delivery.dismissed';
    const details = { destination, sopInstanceUid };
    await appendAudit(trx, { actor, action, studyInstanceUid, details });
    return state;
  });
}

/**
 * Sends all dead letters of a destination again; written down in the audit log.
 * @returns how many
 * @throws RadTriageError REQUEST_INVALID when it is not configured
 */
export function resendAll(
  database: Database,
  destinations: readonly Destination[],
  { name, actor }: { readonly name: string; readonly actor: string },
): Promise<number> {
  requireConfigured(destinations, name);
  return database.transaction().execute(async (trx) => {
    const resent = await trx
      .updateTable('delivery')
      .set(anew(new Date()))
      .where('destination', '=', name)
      .where('state', '=', 'dead')
      .executeTakeFirst();
    const deliveries = Number(resent.numUpdatedRows);
    await hurry(trx, name);
    if (deliveries > 0) {
      const details = { destination: name, deliveries };
      await appendAudit(trx, { actor, action: 'delivery.resent', details });
    }
    return deliveries;
  });
}
