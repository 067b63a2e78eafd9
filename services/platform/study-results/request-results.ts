import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

type Transaction = Kysely<DatabaseSchema>;

/** Says that a result is to be made. The payload is empty. */
export const RESULTS_CHANNEL = 'radtriage_results';

export interface ResultOccasion {
  readonly studyKey: string;
  /** The run whose findings it tells; null when no model has seen the study. */
  readonly runKey: string | null;
  /** The review that it tells besides. */
  readonly reviewId?: string | undefined;
  /** Not before: a review can still be undone, or heatmaps are still being made, until then. */
  readonly dueAt?: Date | undefined;
}

/**
 * Asks, within the transaction that makes it necessary, for DICOM objects of a result: a run that ended, or a review
 * that was signed or undone. What waits and tells of no review is overtaken; a signed word is sent in any case.
 * The study's row has to be locked.
 */
export async function requestResults(trx: Transaction, occasion: ResultOccasion): Promise<void> {
  const { studyKey, runKey, reviewId, dueAt } = occasion;
  await trx
    .updateTable('resultSet')
    .set({ state: 'cancelled', reason: 'a later result took its place' })
    .where('studyKey', '=', studyKey)
    .where('state', '=', 'waiting')
    .where('reviewId', 'is', null)
    .execute();
  const { last } = await trx
    .selectFrom('resultSet')
    .select(({ fn }) => fn.coalesce(fn.max('number'), sql<number>`0`).as('last'))
    .where('studyKey', '=', studyKey)
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('resultSet')
    .values({
      studyKey,
      runKey,
      reviewId: reviewId ?? null,
      number: last + 1,
      ...(dueAt === undefined ? {} : { dueAt }),
    })
    .execute();
  await sql`SELECT pg_notify(${RESULTS_CHANNEL}, '')`.execute(trx);
}

/** The heatmaps that a run's result waits for are there, or will not come: nothing holds it up any more. */
export async function hastenResults(database: Transaction, runKey: string): Promise<void> {
  await database
    .updateTable('resultSet')
    .set({ dueAt: sql<Date>`now()` })
    .where('runKey', '=', runKey)
    .where('state', '=', 'waiting')
    .where('reviewId', 'is', null)
    // One that was begun is somebody's.
    .where('attempts', '=', 0)
    .execute();
  await sql`SELECT pg_notify(${RESULTS_CHANNEL}, '')`.execute(database);
}

/**
 * Takes back what a review asked for. What of it has been made already is superseded by the result without it.
 * @param runKey of the study's present result
 */
export async function withdrawReview(
  trx: Transaction,
  { studyKey, reviewId, runKey }: { studyKey: string; reviewId: string; runKey: string | null },
): Promise<void> {
  const sets = await trx
    .selectFrom('resultSet')
    .select(['resultSetKey', 'state'])
    .where('reviewId', '=', reviewId)
    .forUpdate()
    .execute();
  const waiting = sets.filter(({ state }) => state === 'waiting');
  for (const { resultSetKey } of waiting) {
    await trx
      .updateTable('resultSet')
      .set({ state: 'cancelled', reason: 'the review was undone' })
      .where('resultSetKey', '=', resultSetKey)
      .execute();
  }
  if (sets.some(({ state }) => state === 'made')) await requestResults(trx, { studyKey, runKey });
}
