import { sql } from 'kysely';
import type { UserRole } from '#core/finding.ts';
import type { Database } from '#platform/database/connect.ts';
import { createSecret, hashSecret } from './secrets.ts';

/** However busy its owner, a session ends after a long shift. */
const MAX_SESSION_HOURS = 16;
/** A session's last use is written this often at most. */
const TOUCH_EVERY_SECONDS = 15;

export interface SessionOwner {
  readonly username: string;
  readonly roles: readonly UserRole[];
  readonly sessionHash: string;
}

/** Opens a session; the returned secret goes into the cookie and its digest into the table. */
export async function openSession(database: Database, username: string): Promise<string> {
  const secret = createSecret();
  await database
    .insertInto('session')
    .values({ sessionHash: hashSecret(secret), username, lastSeenAt: new Date() })
    .execute();
  return secret;
}

export async function closeSession(database: Database, sessionHash: string): Promise<void> {
  await database.deleteFrom('session').where('sessionHash', '=', sessionHash).execute();
}

/** The owner of a session that is neither idle for too long, nor too old, nor of a disabled account. */
export async function findSession(
  database: Database,
  sessionHash: string,
  idleMinutes: number,
): Promise<SessionOwner | undefined> {
  return database
    .selectFrom('session')
    .innerJoin('account', 'account.username', 'session.username')
    .select(['account.username', 'account.roles', 'session.sessionHash'])
    .where('session.sessionHash', '=', sessionHash)
    .where('account.disabled', '=', false)
    .where('session.lastSeenAt', '>', sql<Date>`now() - make_interval(secs => ${idleMinutes * 60})`)
    .where(
      'session.createdAt',
      '>',
      sql<Date>`now() - make_interval(hours => ${MAX_SESSION_HOURS})`,
    )
    .executeTakeFirst();
}

/** Notes that the session's owner did something just now. */
export async function touchSession(database: Database, sessionHash: string): Promise<void> {
  await database
    .updateTable('session')
    .set({ lastSeenAt: sql<Date>`now()` })
    .where('sessionHash', '=', sessionHash)
    .where('lastSeenAt', '<', sql<Date>`now() - make_interval(secs => ${TOUCH_EVERY_SECONDS})`)
    .execute();
}

/** Removes what can no longer be used. */
export async function sweepSessions(database: Database, idleMinutes: number): Promise<void> {
  await database
    .deleteFrom('session')
    .where((where) =>
      where.or([
        where('lastSeenAt', '<=', sql<Date>`now() - make_interval(secs => ${idleMinutes * 60})`),
        where('createdAt', '<=', sql<Date>`now() - make_interval(hours => ${MAX_SESSION_HOURS})`),
      ]),
    )
    .execute();
}
