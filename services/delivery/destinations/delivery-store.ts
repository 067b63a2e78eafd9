import { type Kysely, sql } from 'kysely';
import { nextDeliveryState } from '#core/delivery-state.ts';
import type { ResultKind } from '#core/result-objects.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** An object as it lies in the blob store. */
export interface SendableObject {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly blobPath: string;
  /** Length of preamble and file meta, bytes. */
  readonly dataSetOffset: number;
  readonly fileBytes: number;
}

/** A delivery that may be sent now. */
export interface DueDelivery extends SendableObject {
  readonly deliveryKey: string;
  readonly studyKey: string;
  readonly kind: ResultKind;
  readonly attempts: number;
  readonly everTried: boolean;
  readonly showsPlace: boolean;
}

/**
 * What may be sent now, in the order of sending: of each study its first waiting object, and those behind it as long as
 * none of them has to wait.
 */
export async function findDue(
  database: Database,
  destination: string,
  { now, limit }: { now: Date; limit: number },
): Promise<DueDelivery[]> {
  const rows = await database
    .selectFrom('delivery as d')
    .innerJoin('resultObject as o', 'o.resultObjectKey', 'd.resultObjectKey')
    .select(['d.deliveryKey', 'd.studyKey', 'd.attempts', 'd.everTried', 'o.kind'])
    .select(['o.sopClassUid', 'o.sopInstanceUid', 'o.transferSyntaxUid', 'o.blobPath'])
    .select(['o.dataSetOffset', 'o.fileBytes', 'o.showsPlace'])
    .where('d.destination', '=', destination)
    .where('d.state', '=', 'waiting')
    .where('d.nextAttemptAt', '<=', now)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('delivery as e')
            .select('e.deliveryKey')
            .whereRef('e.destination', '=', 'd.destination')
            .whereRef('e.studyKey', '=', 'd.studyKey')
            .whereRef('e.deliveryKey', '<', 'd.deliveryKey')
            .where('e.state', '=', 'waiting')
            .where('e.nextAttemptAt', '>', now),
        ),
      ),
    )
    .orderBy('d.deliveryKey')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, fileBytes: Number(row.fileBytes) }));
}

/**
 * Takes out what a later result has overtaken before it was ever sent.
 * @returns how many
 */
export async function dropSuperseded(
  database: Database,
  destination: string,
  now: Date,
): Promise<number> {
  const dropped = await database
    .updateTable('delivery')
    .set({ state: nextDeliveryState('waiting', 'overtaken'), settledAt: now })
    .where('destination', '=', destination)
    .where('state', '=', 'waiting')
    .where('everTried', '=', false)
    .where('resultObjectKey', 'in', (query) =>
      query
        .selectFrom('resultObject')
        .select('resultObjectKey')
        .where('supersededAt', 'is not', null)
        .whereRef('resultObject.resultObjectKey', '=', 'delivery.resultObjectKey'),
    )
    .executeTakeFirst();
  return Number(dropped.numUpdatedRows);
}

/** Gives up what has waited for too long. @returns how many */
export async function giveUpOld(
  database: Database,
  destination: string,
  { before, now }: { before: Date; now: Date },
): Promise<number> {
  const known = sql<string>`coalesce(last_error, (SELECT last_error FROM destination WHERE name = delivery.destination), 'no attempt was made')`;
  const given = await database
    .updateTable('delivery')
    .set({
      state: nextDeliveryState('waiting', 'given-up'),
      settledAt: now,
      lastError: sql<string>`'given up: ' || ${known}`,
    })
    .where('destination', '=', destination)
    .where('state', '=', 'waiting')
    .where('waitingSince', '<=', before)
    .executeTakeFirst();
  return Number(given.numUpdatedRows);
}

/**
 * Writes down that an object is about to be sent, before its first byte leaves: whoever comes after a crash knows that
 * it may have arrived.
 * @returns false when it is no longer to be sent, because it was overtaken or decided otherwise
 */
export async function beginAttempt(database: Database, { deliveryKey }: DueDelivery) {
  const begun = await database
    .updateTable('delivery')
    .set({ attempts: sql<number>`attempts + 1`, everTried: true })
    .where('deliveryKey', '=', deliveryKey)
    .where('state', '=', 'waiting')
    .where((where) =>
      where.or([
        where('everTried', '=', true),
        where.not(
          where.exists(
            where
              .selectFrom('resultObject')
              .select('resultObjectKey')
              .whereRef('resultObject.resultObjectKey', '=', 'delivery.resultObjectKey')
              .where('supersededAt', 'is not', null),
          ),
        ),
      ]),
    )
    .executeTakeFirst();
  return begun.numUpdatedRows === 1n;
}

/** What became of a delivery; nothing is written when it no longer waits. */
export type Result =
  | { readonly event: 'taken'; readonly warning: string | null; readonly askToKeep: boolean }
  | {
      readonly event: 'try-again';
      readonly reason: string;
      readonly nextAttemptAt: Date;
      /** As it was before, where the object has certainly not arrived. */
      readonly everTried: boolean;
      /** Whether the attempt counts. */
      readonly counts: boolean;
    }
  | { readonly event: 'refused' | 'given-up'; readonly reason: string };

export async function recordResult(
  database: Kysely<DatabaseSchema>,
  { deliveryKey, attempts }: DueDelivery,
  { result, now }: { result: Result; now: Date },
): Promise<void> {
  await database
    .updateTable('delivery')
    .set({ state: nextDeliveryState('waiting', result.event), ...columnsOf() })
    .where('deliveryKey', '=', deliveryKey)
    .where('state', '=', 'waiting')
    .execute();

  function columnsOf() {
    if (result.event === 'taken') {
      const { warning, askToKeep } = result;
      const asked = askToKeep
        ? { commitmentState: 'wanted' as const, commitmentDueAt: now, transactionUid: null }
        : {};
      return { warning, sentAt: now, settledAt: now, lastError: null, ...asked };
    }
    if (result.event === 'try-again') {
      const { reason: lastError, nextAttemptAt, everTried, counts } = result;
      return { lastError, nextAttemptAt, everTried, ...(counts ? {} : { attempts }) };
    }
    return { lastError: result.reason, settledAt: now };
  }
}
