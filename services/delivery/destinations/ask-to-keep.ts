import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { nextDeliveryState } from '#core/delivery-state.ts';
import type { Database } from '#platform/database/connect.ts';
import { type BackOff, nextPause } from '../back-off.ts';
import { describeStatus } from './judge-status.ts';
import type { CommitmentReference } from './link.ts';

/** A delivered object for which storage commitment is asked. */
export interface DueCommitment extends CommitmentReference {
  readonly deliveryKey: string;
}

/** Delivered objects whose commitment is to be asked for now: first, or again because no answer came. */
export async function findUncommitted(
  database: Database,
  destination: string,
  { now, limit }: { now: Date; limit: number },
): Promise<DueCommitment[]> {
  return database
    .selectFrom('delivery as d')
    .innerJoin('resultObject as o', 'o.resultObjectKey', 'd.resultObjectKey')
    .select(['d.deliveryKey', 'o.sopClassUid', 'o.sopInstanceUid'])
    .where('d.destination', '=', destination)
    .where('d.state', '=', 'sent')
    .where('d.commitmentState', 'in', ['wanted', 'asked'])
    .where('d.commitmentDueAt', '<=', now)
    .orderBy('d.deliveryKey')
    .limit(limit)
    .execute();
}

/** Stops asking for what was sent too long ago. @returns how many stay without an answer */
export async function stopAsking(
  database: Database,
  destination: string,
  before: Date,
): Promise<number> {
  const stopped = await database
    .updateTable('delivery')
    .set({ commitmentState: 'unanswered', commitmentDueAt: null })
    .where('destination', '=', destination)
    .where('state', '=', 'sent')
    .where('commitmentState', 'in', ['wanted', 'asked'])
    .where('sentAt', '<=', before)
    .executeTakeFirst();
  return Number(stopped.numUpdatedRows);
}

/**
 * Writes a request down under a transaction UID of its own, before it is made: the answer may come while it is.
 * @returns the transaction UID
 */
export async function beginRequest(
  database: Database,
  destination: string,
  request: { readonly objects: readonly DueCommitment[]; now: Date; askAgainAt: Date },
): Promise<string> {
  const { objects, now, askAgainAt } = request;
  // PS3.5 B.2: a UUID as one decimal number.
  const transactionUid = `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
  await database.transaction().execute(async (trx) => {
    await trx
      .insertInto('deliveryCommitment')
      .values({ transactionUid, destination, askedAt: now })
      .execute();
    await trx
      .updateTable('delivery')
      .set({
        ...{ commitmentState: 'asked', transactionUid, commitmentDueAt: askAgainAt },
        commitmentAttempts: sql<number>`commitment_attempts + 1`,
      })
      .where(
        'deliveryKey',
        'in',
        objects.map(({ deliveryKey }) => deliveryKey),
      )
      .where('state', '=', 'sent')
      .execute();
  });
  return transactionUid;
}

/** The destination would not take the request: it is asked again, later and later. */
export async function postponeRequest(
  database: Database,
  transactionUid: string,
  { now, backOff }: { now: Date; backOff: BackOff },
): Promise<void> {
  const rows = await database
    .selectFrom('delivery')
    .select(['deliveryKey', 'commitmentAttempts'])
    .where('transactionUid', '=', transactionUid)
    .where('commitmentState', '=', 'asked')
    .execute();
  const failures = Math.max(1, ...rows.map(({ commitmentAttempts }) => commitmentAttempts));
  await database
    .updateTable('delivery')
    .set({ commitmentDueAt: new Date(now.getTime() + nextPause(failures, backOff)) })
    .where('transactionUid', '=', transactionUid)
    .where('commitmentState', '=', 'asked')
    .execute();
}

/** What answers came to. */
export interface AnswersTaken {
  readonly committed: number;
  /** Not kept, and to be sent again. */
  readonly notKept: number;
}

/**
 * Takes in what the destination has reported. An object that it keeps is kept, whichever request the report answers;
 * one that it does not keep is sent again, when the report answers the last request for it.
 */
export async function takeAnswers(
  database: Database,
  destination: string,
  { now, backOff }: { now: Date; backOff: BackOff },
): Promise<AnswersTaken> {
  return database.transaction().execute(async (trx) => {
    const answers = await trx
      .deleteFrom('commitmentAnswer as a')
      .using('deliveryCommitment as c')
      .whereRef('c.transactionUid', '=', 'a.transactionUid')
      .where('c.destination', '=', destination)
      .returning(['a.transactionUid', 'a.sopInstanceUid', 'a.failureReason'])
      .execute();
    let committed = 0;
    let notKept = 0;
    for (const { transactionUid, sopInstanceUid, failureReason } of answers) {
      const delivery = await trx
        .selectFrom('delivery as d')
        .innerJoin('resultObject as o', 'o.resultObjectKey', 'd.resultObjectKey')
        .select(['d.deliveryKey', 'd.transactionUid', 'd.commitmentAttempts'])
        .where('d.destination', '=', destination)
        .where('o.sopInstanceUid', '=', sopInstanceUid)
        .where('d.state', '=', 'sent')
        .where('d.commitmentState', 'is not', null)
        .executeTakeFirst();
      if (delivery === undefined) continue;
      const ours = trx.updateTable('delivery').where('deliveryKey', '=', delivery.deliveryKey);
      if (failureReason === null) {
        await ours.set({ commitmentState: 'committed', commitmentDueAt: null }).execute();
        committed += 1;
      } else if (delivery.transactionUid === transactionUid) {
        const pause = nextPause(delivery.commitmentAttempts, backOff);
        await ours
          .set({
            state: nextDeliveryState('sent', 'not-kept'),
            ...{ commitmentState: 'refused', commitmentDueAt: null, settledAt: null },
            nextAttemptAt: new Date(now.getTime() + pause),
            lastError: `the destination does not keep it: ${describeStatus(failureReason)}`,
          })
          .execute();
        notKept += 1;
      }
    }
    return { committed, notKept };
  });
}
