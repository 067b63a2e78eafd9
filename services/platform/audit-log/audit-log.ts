import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

/** One thing that somebody did. `details` hold codes, counts and digests: UIDs are fine, names and ids are not. */
export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly studyInstanceUid?: string;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** What the first entry names as its predecessor. */
const CHAIN_START = '0'.repeat(64);
/** Any number will do, as long as nobody else locks it: entries are appended one after the other. */
const CHAIN_LOCK = 7_203_114;

interface ChainLink {
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly studyInstanceUid: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly previousHash: string;
}

/** The digest of an entry and of all before it. jsonb keeps no order of keys, so they are sorted. */
function hashLink(link: ChainLink): string {
  const details = Object.entries(link.details).sort(([a], [b]) => (a < b ? -1 : 1));
  const content = [link.previousHash, link.at.toISOString(), link.actor, link.action];
  return createHash('sha256')
    .update(JSON.stringify([...content, link.studyInstanceUid, details]))
    .digest('hex');
}

/**
 * Appends to the hash chain. Inside a transaction it is kept exactly when that commits; the chain stays locked until
 * then, so append last.
 */
export async function appendAudit(
  database: Kysely<DatabaseSchema>,
  entry: AuditEntry,
): Promise<void> {
  if (database.isTransaction) await appendLocked(database, entry);
  else await database.transaction().execute((transaction) => appendLocked(transaction, entry));
}

async function appendLocked(transaction: Kysely<DatabaseSchema>, entry: AuditEntry): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${CHAIN_LOCK})`.execute(transaction);
  const last = await transaction
    .selectFrom('auditLog')
    .select('hash')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const link: ChainLink = {
    at: new Date(),
    actor: entry.actor,
    action: entry.action,
    studyInstanceUid: entry.studyInstanceUid ?? null,
    details: entry.details ?? {},
    previousHash: last?.hash ?? CHAIN_START,
  };
  await transaction
    .insertInto('auditLog')
    .values({ ...link, details: JSON.stringify(link.details), hash: hashLink(link) })
    .execute();
}

const VERIFY_PAGE = 5_000;

/** Reads the chain through; the sequence number of the first entry that does not fit, or null when all do. */
export async function findBrokenAudit(database: Kysely<DatabaseSchema>): Promise<string | null> {
  let previousHash = CHAIN_START;
  let after = '0';
  for (;;) {
    const page = await database
      .selectFrom('auditLog')
      .selectAll()
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(VERIFY_PAGE)
      .execute();
    for (const row of page) {
      if (row.previousHash !== previousHash || hashLink(row) !== row.hash) return row.sequence;
      previousHash = row.hash;
      after = row.sequence;
    }
    if (page.length < VERIFY_PAGE) return null;
  }
}
