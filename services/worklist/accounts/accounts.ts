import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { USER_ROLES, type UserRole } from '#core/finding.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  checkPasswordLength,
  hashPassword,
  verifyPassword,
} from '#platform/passwords/passwords.ts';

const usernameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'letters, digits and . _ @ - only, 64 at most');
const rolesSchema = z.array(z.enum(USER_ROLES)).min(1, 'an account needs a role');

/** A local account as `radtriage user` lists it. */
export interface Account {
  readonly username: string;
  readonly roles: readonly UserRole[];
  readonly disabled: boolean;
}

export function parseRoles(roles: readonly string[]): UserRole[] {
  const parsed = rolesSchema.safeParse([...new Set(roles)]);
  if (parsed.success) return parsed.data;
  throw new RadTriageError('REQUEST_INVALID', `roles are any of ${USER_ROLES.join(', ')}`);
}

/** @throws RadTriageError REQUEST_INVALID for a bad name, password or role, or a name that is taken */
export async function createAccount(
  database: Database,
  account: { username: string; password: string; roles: readonly string[] },
): Promise<Account> {
  const username = usernameSchema.safeParse(account.username);
  if (!username.success) {
    throw new RadTriageError('REQUEST_INVALID', `user name: ${username.error.issues[0]?.message}`);
  }
  checkPasswordLength(account.password);
  const roles = parseRoles(account.roles);
  const inserted = await database
    .insertInto('account')
    .values({
      username: username.data,
      passwordHash: await hashPassword(account.password),
      roles,
    })
    .onConflict((conflict) => conflict.column('username').doNothing())
    .returning('username')
    .executeTakeFirst();
  if (inserted === undefined) {
    throw new RadTriageError('REQUEST_INVALID', 'there is an account with this name already');
  }
  return { username: username.data, roles, disabled: false };
}

/** Sets a password and ends the account's sessions. @throws RadTriageError NOT_FOUND, REQUEST_INVALID */
export async function setPassword(
  database: Database,
  username: string,
  password: string,
): Promise<void> {
  checkPasswordLength(password);
  const passwordHash = await hashPassword(password);
  await changeAccount(database, username, { passwordHash });
}

/** Locks an account out (or lets it in again) and ends its sessions. @throws RadTriageError NOT_FOUND */
export async function setDisabled(
  database: Database,
  username: string,
  disabled: boolean,
): Promise<void> {
  await changeAccount(database, username, { disabled });
}

async function changeAccount(
  database: Database,
  username: string,
  change: { passwordHash?: string; disabled?: boolean },
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const changed = await transaction
      .updateTable('account')
      .set(change)
      .where('username', '=', username)
      .returning('username')
      .executeTakeFirst();
    if (changed === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such account');
    await transaction.deleteFrom('session').where('username', '=', username).execute();
  });
}

export async function listAccounts(database: Database): Promise<Account[]> {
  return database
    .selectFrom('account')
    .select(['username', 'roles', 'disabled'])
    .orderBy('username')
    .execute();
}

/** The account when name and password fit and it is not disabled; the time taken tells nothing of which failed. */
export async function verifyAccount(
  database: Database,
  credentials: { username: string; password: string },
): Promise<Account | undefined> {
  const account = await database
    .selectFrom('account')
    .select(['username', 'roles', 'disabled', 'passwordHash'])
    .where('username', '=', credentials.username)
    .executeTakeFirst();
  const isRight = await verifyPassword(credentials.password, account?.passwordHash);
  if (account === undefined || !isRight || account.disabled) return undefined;
  return { username: account.username, roles: account.roles, disabled: false };
}
