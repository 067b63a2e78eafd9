import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';

/** How long a process is believed to serve a destination without saying so again, by the database's clock. */
export const LEASE_SECONDS = 15;

const FRESH = sql<Date>`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})`;

export async function addDestination(database: Database, name: string): Promise<void> {
  await database
    .insertInto('destination')
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes a destination for one process, unless another one has it. */
export async function takeLease(database: Database, name: string, owner: string) {
  const taken = await database
    .updateTable('destination')
    .set({ leaseOwner: owner, leaseUntil: FRESH })
    .where('name', 'in', (query) =>
      query
        .selectFrom('destination')
        .select('name')
        .where('name', '=', name)
        .where((where) =>
          where.or([
            where('leaseUntil', 'is', null),
            where('leaseUntil', '<', sql<Date>`clock_timestamp()`),
          ]),
        )
        .forUpdate()
        .skipLocked(),
    )
    .executeTakeFirst();
  return taken.numUpdatedRows === 1n;
}

/** @returns false when it was lost: another process may serve the destination by now */
export async function renewLease(database: Database, name: string, owner: string) {
  const renewed = await database
    .updateTable('destination')
    .set({ leaseUntil: FRESH })
    .where('name', '=', name)
    .where('leaseOwner', '=', owner)
    .where('leaseUntil', '>', sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  return renewed.numUpdatedRows === 1n;
}

export async function endLease(database: Database, name: string, owner: string): Promise<void> {
  await database
    .updateTable('destination')
    .set({ leaseOwner: null, leaseUntil: null })
    .where('name', '=', name)
    .where('leaseOwner', '=', owner)
    .execute();
}

export interface DestinationRow {
  /** Failures to reach it in a row. */
  readonly failures: number;
  readonly nextAttemptAt: Date | null;
}

export async function readDestination(database: Database, name: string): Promise<DestinationRow> {
  return database
    .selectFrom('destination')
    .select(['failures', 'nextAttemptAt'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
}

/** The destination answered what it was asked: the next failure is the first again. */
export async function recordAnswer(database: Database, name: string, now: Date): Promise<void> {
  await database
    .updateTable('destination')
    .set({
      reachableSince: sql<Date>`coalesce(reachable_since, ${now})`,
      ...{ lastContactAt: now, failures: 0, nextAttemptAt: null },
    })
    .where('name', '=', name)
    .execute();
}

export async function recordTrouble(
  database: Database,
  name: string,
  trouble: { readonly error: string; readonly now: Date; readonly nextAttemptAt: Date },
): Promise<void> {
  const { error, now, nextAttemptAt } = trouble;
  await database
    .updateTable('destination')
    .set({
      failures: sql<number>`failures + 1`,
      ...{ nextAttemptAt, reachableSince: null, lastError: error, lastErrorAt: now },
    })
    .where('name', '=', name)
    .execute();
}

/**
 * When there is something to do for a destination at the earliest; undefined when there is nothing.
 * @param giveUpMs after which what waits is given up
 */
export async function nextWork(
  database: Database,
  name: string,
  giveUpMs: number,
): Promise<Date | undefined> {
  const found = await sql<{ at: Date | null }>`
    WITH head AS (
      SELECT DISTINCT ON (study_key) next_attempt_at FROM delivery
      WHERE destination = ${name} AND state = 'waiting' ORDER BY study_key, delivery_key
    ), contact AS (
      SELECT least(
        (SELECT min(next_attempt_at) FROM head),
        (SELECT min(commitment_due_at) FROM delivery
          WHERE destination = ${name} AND commitment_state IN ('wanted', 'asked'))
      ) AS at
    )
    SELECT least(
      (SELECT CASE WHEN contact.at IS NULL THEN NULL
        ELSE greatest(contact.at, (SELECT next_attempt_at FROM destination WHERE name = ${name})) END
        FROM contact),
      (SELECT min(waiting_since) + make_interval(secs => ${giveUpMs / 1_000}) FROM delivery
        WHERE destination = ${name} AND state = 'waiting'),
      (SELECT CASE WHEN EXISTS (SELECT FROM commitment_answer a
        JOIN delivery_commitment c USING (transaction_uid) WHERE c.destination = ${name})
        THEN to_timestamp(0) END)
    ) AS at`.execute(database);
  return found.rows[0]?.at ?? undefined;
}
