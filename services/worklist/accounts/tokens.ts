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

/** @throws RadTriageError NOT_FOUND */
export async function revokeToken(database: Database, name: string): Promise<void> {
  const revoked = await database
    .updateTable('apiToken')
    .set({ revokedAt: new Date() })
    .where('name', '=', name)
    .where('revokedAt', 'is', null)
    .returning('name')
    .executeTakeFirst();
  if (revoked === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such token');
}

export async function findTokenOwner(
  database: Database,
  token: string,
): Promise<TokenOwner | undefined> {
  return database
    .selectFrom('apiToken')
    .select(['name', 'roles'])
    .where('tokenHash', '=', hashSecret(token))
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
}
