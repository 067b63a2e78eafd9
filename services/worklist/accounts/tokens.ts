import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import type { UserRole } from '#core/finding.ts';
import type { Database } from '#platform/database/connect.ts';
import { parseRoles } from './accounts.ts';
import { createSecret, hashSecret } from './secrets.ts';

const TOKEN_PREFIX = 'rt_';
const nameSchema = z.string().trim().min(1).max(64);

export interface TokenOwner {
  readonly name: string;
  readonly roles: readonly UserRole[];
}

/**
 * Makes a bearer token for a script. Only its digest is kept: the returned text is shown once.
 * @throws RadTriageError REQUEST_INVALID for a bad name or role, or a name that is taken
 */
export async function createToken(
  database: Database,
  owner: { name: string; roles: readonly string[] },
): Promise<string> {
  const name = nameSchema.safeParse(owner.name);
  if (!name.success) throw new RadTriageError('REQUEST_INVALID', 'a token needs a name');
  const token = TOKEN_PREFIX + createSecret();
  const inserted = await database
    .insertInto('apiToken')
    .values({ tokenHash: hashSecret(token), name: name.data, roles: parseRoles(owner.roles) })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst();
  if (inserted === undefined) {
    throw new RadTriageError('REQUEST_INVALID', 'there is a token with this name already');
  }
  return token;
}

/** A viewer sends its token with hundreds of requests a second: who it belongs to is asked for once in this time. */
const KNOWN_MS = 1_000;
const MAX_KNOWN = 1_000;

interface KnownToken {
  readonly owner: TokenOwner;
  /** Milliseconds of `performance.now`. */
  readonly until: number;
}

const knownTokens = new WeakMap<Database, Map<string, KnownToken>>();

function knownIn(database: Database): Map<string, KnownToken> {
  const known = knownTokens.get(database) ?? new Map<string, KnownToken>();
  knownTokens.set(database, known);
  return known;
}

/**
 * Ends a token: at once in this process, within a second in others.
 * @throws RadTriageError NOT_FOUND
 */
export async function revokeToken(database: Database, name: string): Promise<void> {
  const revoked = await database
    .updateTable('apiToken')
    .set({ revokedAt: new Date() })
    .where('name', '=', name)
    .where('revokedAt', 'is', null)
    .returning('name')
    .executeTakeFirst();
  knownIn(database).clear();
  if (revoked === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such token');
}

/** Whose token it is; what is no token is asked for anew each time. */
export async function findTokenOwner(
  database: Database,
  token: string,
): Promise<TokenOwner | undefined> {
  const tokenHash = hashSecret(token);
  const known = knownIn(database);
  const recent = known.get(tokenHash);
  const now = performance.now();
  if (recent !== undefined && now < recent.until) return recent.owner;
  const owner = await database
    .selectFrom('apiToken')
    .select(['name', 'roles'])
    .where('tokenHash', '=', tokenHash)
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
  if (known.size >= MAX_KNOWN) known.clear();
  if (owner === undefined) known.delete(tokenHash);
  else known.set(tokenHash, { owner, until: now + KNOWN_MS });
  return owner;
}
