import { type Selectable, sql } from 'kysely';
import {
  type CommitmentFinding,
  type CommitmentState,
  nextCommitmentState,
} from '#core/commitment-state.ts';
import type { SopReference } from '#dicom/attributes/read-references.ts';
import { reopenCommitment } from '#intake/commitments.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import type { CommitmentTable } from '#platform/database/door-tables.ts';
import type { CommitmentReport } from './encode-report.ts';
import { type CommitmentRequest, digestReferences } from './read-request.ts';

export type Commitment = Selectable<CommitmentTable>;

export interface Requester {
  readonly callingAe: string;
  readonly calledAe: string;
  readonly peerAddress: string;
}

export type Recorded =
  | { readonly outcome: 'recorded' | 'asked-again'; readonly commitmentKey: string }
  /** The transaction UID stands for other objects already, or too many requests of this peer are open. */
  | { readonly outcome: 'uid-in-use' | 'too-many'; readonly commitmentKey?: undefined };

const OPEN_STATES: CommitmentState[] = ['checking', 'reporting'];
/** Of one peer: far beyond what any modality has open, and little enough to be kept up with. */
const MAX_OPEN_REQUESTS = 2_000;
const MAX_OPEN_OBJECTS = 500_000;

/**
 * Writes a request down, so that it outlives us. Asked again under the same transaction UID for the same objects, it
 * is looked at anew, and its report goes out once more.
 */
export async function recordRequest(
  database: Database,
  request: CommitmentRequest & { readonly requester: Requester },
  times: { readonly now: Date; readonly checkUntil: Date },
): Promise<Recorded> {
  const { transactionUid, references, requester } = request;
  const { callingAe } = requester;
  return database.transaction().execute(async (trx) => {
    const open = await trx
      .selectFrom('commitment')
      .select(({ fn }) => [
        fn.countAll<string>().as('requests'),
        fn.sum<string | null>('referenceCount').as('objects'),
      ])
      .where('callingAe', '=', callingAe)
      .where('state', 'in', OPEN_STATES)
      .executeTakeFirstOrThrow();
    const objects = Number(open.objects ?? 0) + references.length;
    if (Number(open.requests) >= MAX_OPEN_REQUESTS || objects > MAX_OPEN_OBJECTS) {
      return { outcome: 'too-many' };
    }
    const referenceDigest = digestReferences(references);
    const inserted = await trx
      .insertInto('commitment')
      .values({
        ...{ ...requester, transactionUid, referenceDigest, state: 'checking' },
        referenceCount: references.length,
        requestedAt: times.now,
        checkUntil: times.checkUntil,
        nextAttemptAt: times.now,
      })
      .onConflict((conflict) => conflict.columns(['callingAe', 'transactionUid']).doNothing())
      .returning('commitmentKey')
      .executeTakeFirst();
    if (inserted !== undefined) {
      await insertReferences(trx, inserted.commitmentKey, references);
      return { outcome: 'recorded', commitmentKey: inserted.commitmentKey };
    }
    const known = await trx
      .selectFrom('commitment')
      .select(['commitmentKey', 'state', 'referenceDigest'])
      .where('callingAe', '=', callingAe)
      .where('transactionUid', '=', transactionUid)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (known.referenceDigest !== referenceDigest) return { outcome: 'uid-in-use' };
    const { commitmentKey } = known;
    await trx
      .updateTable('commitment')
      .set(requester)
      .where('commitmentKey', '=', commitmentKey)
      .execute();
    await reopenCommitment(trx, known, times);
    return { outcome: 'asked-again', commitmentKey };
  });
}

async function insertReferences(
  trx: Database,
  commitmentKey: string,
  references: readonly SopReference[],
): Promise<void> {
  const classes = references.map(({ sopClassUid }) => sopClassUid);
  const instances = references.map(({ sopInstanceUid }) => sopInstanceUid);
  // Arrays instead of rows of parameters: tens of thousands must not hold up what comes in meanwhile.
  await sql`
    INSERT INTO commitment_reference (commitment_key, position, sop_class_uid, sop_instance_uid)
    SELECT ${commitmentKey}::bigint, position - 1, sop_class_uid, sop_instance_uid
    FROM unnest(${classes}::text[], ${instances}::text[])
      WITH ORDINALITY AS reference (sop_class_uid, sop_instance_uid, position)`.execute(trx);
}

/** Requests in this state that are due, the longest due first, but for those of some peers. */
export function findDue(
  database: Database,
  state: CommitmentState,
  options: { readonly now: Date; readonly limit: number; readonly except?: readonly string[] },
): Promise<Commitment[]> {
  return ofPeersExcept(database, state, options.except ?? [])
    .selectAll()
    .where('nextAttemptAt', '<=', options.now)
    .orderBy('nextAttemptAt')
    .limit(options.limit)
    .execute();
}

/** When the next request in this state is due; undefined when there is none. */
export async function nextDue(
  database: Database,
  state: CommitmentState,
  except: readonly string[] = [],
): Promise<Date | undefined> {
  const next = await ofPeersExcept(database, state, except)
    .select(({ fn }) => fn.min('nextAttemptAt').as('at'))
    .executeTakeFirst();
  return next?.at ?? undefined;
}

function ofPeersExcept(database: Database, state: CommitmentState, except: readonly string[]) {
  const inState = database.selectFrom('commitment').where('state', '=', state);
  return except.length === 0 ? inState : inState.where('callingAe', 'not in', except);
}

export function loadReferences(
  database: Database,
  commitmentKey: string,
): Promise<(SopReference & { position: number; finding: CommitmentFinding | null })[]> {
  return database
    .selectFrom('commitmentReference')
    .select(['position', 'sopClassUid', 'sopInstanceUid', 'finding'])
    .where('commitmentKey', '=', commitmentKey)
    .orderBy('position')
    .execute();
}

/** The report of a request that has been decided. */
export async function loadReport(
  database: Database,
  { commitmentKey, transactionUid }: Commitment,
): Promise<CommitmentReport> {
  const references = await loadReferences(database, commitmentKey);
  return {
    transactionUid,
    // Not judged is not kept: a promise is never made by omission.
    references: references.map((each) => ({ ...each, finding: each.finding ?? 'unknown' })),
  };
}

/** Looks again later. Nothing happens when the peer has asked again meanwhile. */
export async function postponeCheck(
  database: Database,
  { commitmentKey, requestedAt }: Commitment,
  nextAttemptAt: Date,
): Promise<void> {
  await database
    .updateTable('commitment')
    .set({ nextAttemptAt })
    .where('commitmentKey', '=', commitmentKey)
    .where('state', '=', 'checking')
    .where('requestedAt', '=', requestedAt)
    .execute();
}

/** Writes down what was found, by position. @returns false when the peer has asked again meanwhile */
export async function recordDecision(
  database: Database,
  commitment: Commitment,
  decision: { readonly findings: readonly CommitmentFinding[]; readonly now: Date },
): Promise<boolean> {
  const { commitmentKey, requestedAt, callingAe, transactionUid } = commitment;
  const { findings, now } = decision;
  const counts: Partial<Record<CommitmentFinding, number>> = {};
  for (const finding of findings) counts[finding] = (counts[finding] ?? 0) + 1;
  return database.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('commitment')
      .set({
        state: nextCommitmentState('checking', 'decided'),
        decidedAt: now,
        nextAttemptAt: now,
        keptCount: counts.kept ?? 0,
        refusals: JSON.stringify({ ...counts, kept: undefined }),
        attempts: 0,
        lastError: null,
      })
      .where('commitmentKey', '=', commitmentKey)
      .where('state', '=', 'checking')
      .where('requestedAt', '=', requestedAt)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    await sql`
      UPDATE commitment_reference SET finding = judged.finding
      FROM unnest(${findings}::text[]) WITH ORDINALITY AS judged (finding, position)
      WHERE commitment_key = ${commitmentKey}
        AND commitment_reference.position = judged.position - 1`.execute(trx);
    const kept = counts.kept ?? 0;
    const details = { transactionUid, kept, refused: findings.length - kept };
    // A promise is worth an entry in the audit log. Last, because it locks the chain.
    await appendAudit(trx, { actor: callingAe, action: 'storage-commitment.decided', details });
    return true;
  });
}

/** Whether a report that was due a moment ago still is: another process, or the peer, may have been faster. */
export async function isStillDue(
  database: Database,
  { commitmentKey, decidedAt, attempts }: Commitment,
): Promise<boolean> {
  const row = await database
    .selectFrom('commitment')
    .select('commitmentKey')
    .where('commitmentKey', '=', commitmentKey)
    .where('state', '=', 'reporting')
    .where('decidedAt', '=', decidedAt)
    .where('attempts', '=', attempts)
    .executeTakeFirst();
  return row !== undefined;
}

/** What came of one try to deliver a report. */
export type DeliveryOutcome =
  | { readonly event: 'report-delivered' }
  | { readonly event: 'report-given-up'; readonly error: string }
  | { readonly event: 'try-again'; readonly error: string; readonly nextAttemptAt: Date };

/** Nothing happens when the peer has asked again meanwhile. */
export async function recordDelivery(
  database: Database,
  commitment: Commitment,
  result: { readonly outcome: DeliveryOutcome; readonly now: Date },
): Promise<void> {
  const { outcome, now } = result;
  const { commitmentKey, decidedAt, attempts } = commitment;
  const change =
    outcome.event === 'try-again'
      ? { nextAttemptAt: outcome.nextAttemptAt, lastError: outcome.error }
      : {
          state: nextCommitmentState('reporting', outcome.event),
          settledAt: now,
          lastError: outcome.event === 'report-given-up' ? outcome.error : null,
        };
  await database
    .updateTable('commitment')
    .set({ ...change, attempts: attempts + 1 })
    .where('commitmentKey', '=', commitmentKey)
    .where('state', '=', 'reporting')
    .where('decidedAt', '=', decidedAt)
    .execute();
}

/** Forgets requests that were settled before then. */
export async function forgetSettled(database: Database, before: Date): Promise<void> {
  await database.deleteFrom('commitment').where('settledAt', '<', before).execute();
}
