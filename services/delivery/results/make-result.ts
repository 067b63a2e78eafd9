import type { Transaction } from 'kysely';
import { nextStanding } from '#core/instance-standing.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { planDeliveries } from '../destinations/plan-deliveries.ts';
import type { ResultSetRow } from './claim-set.ts';
import { type KeptObject, keepObject } from './keep-object.ts';
import { type Plan, planObjects } from './plan-objects.ts';
import type { MadeObject, ResultMaking, ResultObjectRow } from './result-making.ts';

type Conclusion =
  | { readonly state: 'made'; readonly objects: number }
  | { readonly state: 'cancelled'; readonly reason: string };

/**
 * Makes the objects of a result set that was claimed, keeps them, and writes down who gets them. What was kept before
 * a crash is kept again under the same name.
 * @throws RadTriageError
 */
export async function makeResult(set: ResultSetRow, making: ResultMaking): Promise<Conclusion> {
  const { database } = making;
  const plan = await planObjects(set, making);
  if (plan.state === 'cancelled') {
    await database
      .updateTable('resultSet')
      .set(plan)
      .where('resultSetKey', '=', set.resultSetKey)
      .where('state', '=', 'waiting')
      .execute();
    return plan;
  }
  const kept: Kept[] = [];
  const ownAe = making.installation.device.stationName;
  for (const { kind, showsPlace, object } of await making.build(plan.order)) {
    const row = await keepObject(database, making.receiver, { object, ownAe });
    kept.push({ kind, showsPlace, row });
  }
  return database
    .transaction()
    .execute((trx) => conclude(trx, set, { kept, plan, destinations: making.config.destinations }));
}

interface Kept extends Omit<MadeObject, 'object'> {
  readonly row: KeptObject;
}

/** Either all of it is written down or nothing. */
async function conclude(
  trx: Transaction<DatabaseSchema>,
  { resultSetKey, studyKey }: ResultSetRow,
  done: {
    readonly kept: readonly Kept[];
    readonly plan: Plan;
    readonly destinations: readonly Destination[];
  },
): Promise<Conclusion> {
  const { kept, plan, destinations } = done;
  const ended = await trx
    .updateTable('resultSet')
    .set({ state: 'made', madeAt: new Date(), reason: null })
    .where('resultSetKey', '=', resultSetKey)
    .where('state', '=', 'waiting')
    .returning('resultSetKey')
    .executeTakeFirst();
  if (ended === undefined) return forget(trx, { resultSetKey, kept });
  await supersede(trx, plan.replaced);
  const objects = [];
  for (const { kind, showsPlace, row } of kept) {
    const values = { resultSetKey, studyKey, kind, showsPlace, ...row };
    const { resultObjectKey } = await trx
      .insertInto('resultObject')
      .values({ ...values, fileBytes: Number(row.fileBytes) })
      .returning('resultObjectKey')
      .executeTakeFirstOrThrow();
    objects.push({ resultObjectKey, kind });
  }
  await planDeliveries(trx, destinations, { ...plan.facts, studyKey, objects });
  return { state: 'made', objects: objects.length };
}

/** It was undone or overtaken while its objects were made: they are found no more. Another may have made them. */
async function forget(
  trx: Transaction<DatabaseSchema>,
  { resultSetKey, kept }: { readonly resultSetKey: string; readonly kept: readonly Kept[] },
): Promise<Conclusion> {
  const { state, reason } = await trx
    .selectFrom('resultSet')
    .select(['state', 'reason'])
    .where('resultSetKey', '=', resultSetKey)
    .executeTakeFirstOrThrow();
  if (state !== 'cancelled') return { state: 'made', objects: 0 };
  if (kept.length > 0) {
    await trx
      .updateTable('instance')
      .set({
        standing: nextStanding('current', 'withdrawn'),
        standingReason: 'its result was overtaken',
      })
      .where(
        'sopInstanceUid',
        'in',
        kept.map(({ row }) => row.sopInstanceUid),
      )
      .where('standing', '=', 'current')
      .execute();
  }
  return { state: 'cancelled', reason: reason ?? '' };
}

async function supersede(
  trx: Transaction<DatabaseSchema>,
  replaced: readonly ResultObjectRow[],
): Promise<void> {
  if (replaced.length === 0) return;
  await trx
    .updateTable('resultObject')
    .set({ supersededAt: new Date() })
    .where(
      'resultObjectKey',
      'in',
      replaced.map(({ resultObjectKey }) => resultObjectKey),
    )
    .execute();
}
