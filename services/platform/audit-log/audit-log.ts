import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

export interface AuditEntry {
  /** Account, AE title or process that did it. */
  readonly actor: string;
  /** Verb and object, e.g. `review.signed`. */
  readonly action: string;
  readonly studyInstanceUid?: string | undefined;
  /** Plain JSON; no names, ids or dates of birth of patients. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditVerdict {
  readonly intact: boolean;
  readonly entries: number;
  /** Hash of the last entry: note it elsewhere, and a log cut short is noticed too. */
  readonly head: string;
  /** Sequence of the first entry that does not follow from the one before. */
  readonly brokenAt: string | null;
}

const GENESIS = '0'.repeat(64);
/** Of pg_advisory_xact_lock: entries are written one after the other. */
const AUDIT_LOCK = 7_236_014_201;
const PAGE = 1_000;

/** JSON with sorted keys: jsonb keeps no order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, child]) => child !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

interface Hashed {
  readonly previousHash: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly studyInstanceUid: string | null;
  readonly details: unknown;
}

function hashOf(entry: Hashed): string {
  const { previousHash, at, actor, action, studyInstanceUid, details } = entry;
  const fields = [previousHash, at.toISOString(), actor, action, studyInstanceUid, details];
  return createHash('sha256').update(canonical(fields)).digest('hex');
}

/**
 * Appends one entry, chained to the last. Within a transaction it is kept exactly when that commits; the chain stays
 * locked until then, so append late. Returns its hash.
 */
export async function appendAudit(
  database: Kysely<DatabaseSchema>,
  entry: AuditEntry,
): Promise<string> {
  if (database.isTransaction) return appendLocked(database, entry);
  return database.transaction().execute((trx) => appendLocked(trx, entry));
}

async function appendLocked(trx: Kysely<DatabaseSchema>, entry: AuditEntry): Promise<string> {
  await sql`SELECT pg_advisory_xact_lock(${AUDIT_LOCK})`.execute(trx);
  const last = await trx
    .selectFrom('auditLog')
    .select('hash')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const row = {
    previousHash: last?.hash ?? GENESIS,
    at: new Date(),
    actor: entry.actor,
    action: entry.action,
    studyInstanceUid: entry.studyInstanceUid ?? null,
  };
  const details = canonical(entry.details ?? {});
  const hash = hashOf({ ...row, details: JSON.parse(details) });
  await trx
    .insertInto('auditLog')
    .values({ ...row, details, hash })
    .execute();
  return hash;
}

/** Recomputes the whole chain. */
export async function verifyAuditLog(database: Kysely<DatabaseSchema>): Promise<AuditVerdict> {
  let head = GENESIS;
  let entries = 0;
  let sequence = '-1';
  for (;;) {
    const rows = await database
      .selectFrom('auditLog')
      .selectAll()
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(PAGE)
      .execute();
    for (const row of rows) {
      if (row.previousHash !== head || hashOf(row) !== row.hash) {
        return { intact: false, entries, head, brokenAt: row.sequence };
      }
      head = row.hash;
      sequence = row.sequence;
      entries += 1;
    }
    if (rows.length < PAGE) return { intact: true, entries, head, brokenAt: null };
  }
}

/** Sequence number of the first entry that does not fit the chain, or null when all do. */
export async function findBrokenAudit(database: Kysely<DatabaseSchema>): Promise<string | null> {
  return (await verifyAuditLog(database)).brokenAt;
}
