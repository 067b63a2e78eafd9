import type { Transaction } from 'kysely';
import type { ResultKind } from '#core/result-objects.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { notifyDestination } from '#platform/deliveries/channel.ts';
import { kindsFor, type StudyFacts } from './choose-objects.ts';

export interface DeliveryFacts extends StudyFacts {
  readonly studyKey: string;
  /** In the order in which they are to be sent. */
  readonly objects: readonly { readonly resultObjectKey: string; readonly kind: ResultKind }[];
}

/**
 * Writes down which destination gets which objects, within the transaction that keeps the objects. Objects of a study
 * reach a destination in the order in which they were planned. Planning the same again changes nothing.
 * @returns how many deliveries were added
 */
export async function planDeliveries(
  trx: Transaction<DatabaseSchema>,
  destinations: readonly Destination[],
  facts: DeliveryFacts,
): Promise<number> {
  const { studyKey, objects } = facts;
  const rows = destinations.flatMap((destination) => {
    const kinds = kindsFor(destination, facts);
    return objects
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ resultObjectKey }) => ({ destination: destination.name, resultObjectKey, studyKey }));
  });
  if (rows.length === 0) return 0;
  const added = await trx
    .insertInto('delivery')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['destination', 'resultObjectKey']).doNothing())
    .returning('destination')
    .execute();
  for (const name of new Set(added.map(({ destination }) => destination))) {
    await notifyDestination(trx, name);
  }
  return added.length;
}
