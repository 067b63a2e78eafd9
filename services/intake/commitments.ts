import { type Kysely, type Selectable, sql } from 'kysely';
import { type CommitmentState, nextCommitmentState } from '#core/commitment-state.ts';
import { RadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';
import type { CommitmentTable } from '#platform/database/door-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** A storage commitment request as an administrator sees it. */
export type CommitmentRow = Omit<Selectable<CommitmentTable>, 'referenceDigest' | 'checkUntil'>;

export interface CommitmentOverview {
  readonly rows: readonly CommitmentRow[];
  /** Of all requests that are kept, not of those listed. */
  readonly counts: Readonly<Record<CommitmentState, number>>;
}

/** What needs somebody first: given up, then waiting with an error, then what is under way, then the rest. */
const ATTENTION = sql`CASE
  WHEN state = 'given-up' THEN 0
  WHEN state = 'reporting' AND last_error IS NOT NULL THEN 1
  WHEN state IN ('checking', 'reporting') THEN 2
  ELSE 3 END`;

/** The requests of all peers: those that need attention first, each kind newest first. */
export async function readCommitments(
  database: Database,
  limit: number,
): Promise<CommitmentOverview> {
  const rows = await database
    .selectFrom('commitment')
    .select(['commitmentKey', 'callingAe', 'calledAe', 'transactionUid', 'peerAddress', 'state'])
    .select(['referenceCount', 'keptCount', 'refusals', 'attempts', 'lastError'])
    .select(['requestedAt', 'decidedAt', 'settledAt', 'nextAttemptAt'])
    .orderBy(ATTENTION)
    .orderBy('requestedAt', 'desc')
    .limit(limit)
    .execute();
  const counted = await database
    .selectFrom('commitment')
    .select(['state', ({ fn }) => fn.countAll<string>().as('count')])
    .groupBy('state')
    .execute();
  const counts = { checking: 0, reporting: 0, delivered: 0, 'given-up': 0 };
  for (const { state, count } of counted) counts[state] = Number(count);
  return { rows, counts };
}

const WEEK_MS = 7 * 86_400_000;

/** Objects whose kept file was found missing or altered in the last week. */
export async function countDamagedFiles(database: Database): Promise<number> {
  const { damaged } = await database
    .selectFrom('commitment')
    .select(
      sql<string | null>`sum(coalesce((refusals->>'file-missing')::integer, 0)
        + coalesce((refusals->>'file-altered')::integer, 0))`.as('damaged'),
    )
    .where('decidedAt', '>=', new Date(Date.now() - WEEK_MS))
    .executeTakeFirstOrThrow();
  return Number(damaged ?? 0);
}

/**
 * Looks at the objects of a request anew, and reports once more.
 * @param checkUntil how long objects that are not known are waited for
 */
export async function reopenCommitment(
  trx: Kysely<DatabaseSchema>,
  commitment: { readonly commitmentKey: string; readonly state: CommitmentState },
  times: { readonly now: Date; readonly checkUntil: Date },
): Promise<void> {
  const { commitmentKey } = commitment;
  await trx
    .updateTable('commitment')
    .set({
      state: nextCommitmentState(commitment.state, 'asked-again'),
      requestedAt: times.now,
      checkUntil: times.checkUntil,
      nextAttemptAt: times.now,
      ...{ attempts: 0, decidedAt: null, settledAt: null, lastError: null },
      ...{ keptCount: null, refusals: '{}' },
    })
    .where('commitmentKey', '=', commitmentKey)
    .execute();
  await trx
    .updateTable('commitmentReference')
    .set({ finding: null })
    .where('commitmentKey', '=', commitmentKey)
    .execute();
}

/**
 * Takes up a request again that was given up, for an administrator who has mended what was in the way.
 * @returns what the audit log should name
 * @throws RadTriageError NOT_FOUND, REQUEST_INVALID for one that was not given up
 */
export async function retryCommitment(
  trx: Kysely<DatabaseSchema>,
  commitmentKey: string,
): Promise<{ readonly callingAe: string; readonly transactionUid: string }> {
  const known = await trx
    .selectFrom('commitment')
    .select(['commitmentKey', 'state', 'callingAe', 'transactionUid'])
    .where('commitmentKey', '=', commitmentKey)
    .forUpdate()
    .executeTakeFirst();
  if (known === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such request');
  const { state, callingAe, transactionUid } = known;
  if (state !== 'given-up') {
    throw new RadTriageError(
      'REQUEST_INVALID',
      `the request is ${state}: nothing to take up again`,
    );
  }
  const now = new Date();
  await reopenCommitment(trx, known, { now, checkUntil: now });
  return { callingAe, transactionUid };
}
