import { randomUUID } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import type { NotificationTable } from '#platform/database/notification-tables.ts';

/** A notification that is ours alone until its lease runs out. */
export type ClaimedNotification = Pick<
  Selectable<NotificationTable>,
  | 'notificationKey'
  | 'rule'
  | 'studyKey'
  | 'content'
  | 'idempotencyKey'
  | 'attempts'
  | 'giveUpAt'
  | 'createdAt'
> & { readonly leaseId: string };

export interface Claim {
  readonly rule: string;
  readonly now: Date;
  readonly leaseMs: number;
  readonly limit: number;
}

/**
 * Takes what is due of one rule, the longest due first. A process that dies leaves its lease behind: once that has run
 * out, anybody takes the notification again.
 */
export async function claimDue(
  database: Database,
  { rule, now, leaseMs, limit }: Claim,
): Promise<ClaimedNotification[]> {
  const leaseId = randomUUID();
  const rows = await database
    .updateTable('notification')
    .set({
      leaseId,
      leaseUntil: new Date(now.getTime() + leaseMs),
      attempts: sql<number>`attempts + 1`,
    })
    .where('notificationKey', 'in', (due) =>
      due
        .selectFrom('notification')
        .select('notificationKey')
        .where('rule', '=', rule)
        .where('state', '=', 'waiting')
        .where('nextAttemptAt', '<=', now)
        .where(({ or, eb }) => or([eb('leaseUntil', 'is', null), eb('leaseUntil', '<=', now)]))
        .orderBy('nextAttemptAt')
        .orderBy('notificationKey')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['notificationKey', 'rule', 'studyKey', 'content', 'idempotencyKey'])
    .returning(['attempts', 'giveUpAt', 'createdAt'])
    .execute();
  return rows.map((row) => ({ ...row, leaseId }));
}

/** When something of these rules is due that nobody is sending; undefined when nothing waits. */
export async function nextDue(
  database: Database,
  rules: readonly string[],
): Promise<Date | undefined> {
  if (rules.length === 0) return undefined;
  const { at } = await database
    .selectFrom('notification')
    .select(sql<Date | null>`min(greatest(next_attempt_at, lease_until))`.as('at'))
    .where('rule', 'in', rules)
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  return at ?? undefined;
}
