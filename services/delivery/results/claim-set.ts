import type { Selectable } from 'kysely';
import type { RadTriageError } from '#core/errors.ts';
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
        .where(({ not, exists, selectFrom: from }) =>
          not(
            exists(
              from('resultSet as earlier')
                .select('earlier.resultSetKey')
                .whereRef('earlier.studyKey', '=', 'candidate.studyKey')
                .whereRef('earlier.number', '<', 'candidate.number')
                .where('earlier.state', '=', 'waiting'),
            ),
          ),
        )
        .orderBy('candidate.dueAt')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** When the next set is due, if one is. */
export async function nextDueSet(database: Database): Promise<Date | undefined> {
  const row = await database
    .selectFrom('resultSet')
    .select(({ fn }) => fn.min('dueAt').as('dueAt'))
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return row?.dueAt ?? undefined;
}

/** Puts a set off that could not be made, or gives it up. @returns whether it was given up */
export async function recordFailure(
  database: Database,
  { resultSetKey, attempts }: ResultSetRow,
  error: RadTriageError,
): Promise<boolean> {
  const isOver = !error.retryable || attempts >= MOST_ATTEMPTS;
  await database
    .updateTable('resultSet')
    .set({
      reason: `${error.code}: ${error.message}`.slice(0, 500),
      ...(isOver
        ? { state: 'failed' as const }
        : { dueAt: new Date(Date.now() + nextPause(attempts, BACK_OFF)) }),
    })
    .where('resultSetKey', '=', resultSetKey)
    .where('state', '=', 'waiting')
    .execute();
  return isOver;
}
