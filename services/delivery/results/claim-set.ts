import { type Selectable, sql } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';
import type { ResultSetTable } from '#platform/database/result-tables.ts';
import { type BackOff, nextPause } from '../back-off.ts';

export type ResultSetRow = Selectable<ResultSetTable>;

const BACK_OFF: BackOff = { firstMs: 2_000, longestMs: 300_000 };
const MOST_ATTEMPTS = 8;

/** Whoever makes a set has it for so long; after a crash another one takes it up then. */
const LEASE_MS = 300_000;

/**
 * Takes the next result set that is due; nobody else gets it while it is being made. Those of one study come one after
 * the other. No row stays locked: making takes seconds, and whoever signs the study meanwhile must not wait.
 */
export async function claimDueSet(
  database: Database,
  now: Date,
): Promise<ResultSetRow | undefined> {
  return database
    .updateTable('resultSet')
    .set(({ eb }) => ({
      dueAt: new Date(now.getTime() + LEASE_MS),
      attempts: eb('attempts', '+', 1),
    }))
    .where('resultSetKey', '=', ({ selectFrom }) =>
      selectFrom('resultSet as candidate')
        .select('candidate.resultSetKey')
        .where('candidate.state', '=', 'waiting')
        .where('candidate.dueAt', '<=', now)
        .where(hasItsTurn)
        .orderBy('candidate.dueAt')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** When the next set is due that no other of its study has to go before, if one is. */
export async function nextDueSet(database: Database): Promise<Date | undefined> {
  const row = await database
    .selectFrom('resultSet as candidate')
    .select(({ fn }) => fn.min('candidate.dueAt').as('dueAt'))
    .where('candidate.state', '=', 'waiting')
    .where(hasItsTurn)
    .executeTakeFirst();
  return row?.dueAt ?? undefined;
}

const hasItsTurn = sql<boolean>`NOT EXISTS (
  SELECT FROM result_set AS earlier
  WHERE earlier.study_key = candidate.study_key AND earlier.number < candidate.number
    AND earlier.state = 'waiting'
)`;

/**
 * Puts a set off that could not be made, or gives it up. What is no fault of the set (the database was away, or
 * something that nobody thought of) is tried again; its words are for the log alone, since nobody knows what they name.
 * @returns whether it was given up
 */
export async function recordFailure(
  database: Database,
  { resultSetKey, attempts }: ResultSetRow,
  thrown: unknown,
): Promise<boolean> {
  const isKnown = thrown instanceof RadTriageError;
  const isOver = (isKnown && !thrown.retryable) || attempts >= MOST_ATTEMPTS;
  const reason = isKnown
    ? `${thrown.code}: ${thrown.message}`
    : 'INTERNAL: something unexpected, which stands in the log of the worker';
  await database
    .updateTable('resultSet')
    .set({
      reason: reason.slice(0, 500),
      ...(isOver
        ? { state: 'failed' as const }
        : { dueAt: new Date(Date.now() + nextPause(attempts, BACK_OFF)) }),
    })
    .where('resultSetKey', '=', resultSetKey)
    .where('state', '=', 'waiting')
    .execute();
  return isOver;
}

/** @throws RadTriageError INTERNAL for a set that was begun as often as is allowed, and never came to an end */
export function requireTries({ attempts }: ResultSetRow): void {
  if (attempts > MOST_ATTEMPTS) {
    throw new RadTriageError('INTERNAL', 'the worker ended each time that it was made');
  }
}
