import { randomUUID } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextNotificationState } from '#core/notification.ts';
import { appendAudit } from '../audit-log/audit-log.ts';
import type { NotificationRule } from '../config/notifications.ts';
import { notifyChange } from '../database/changes.ts';
import type { Database } from '../database/connect.ts';
import type { NotificationTable } from '../database/notification-tables.ts';
import type { DatabaseSchema } from '../database/schema.ts';

const HOUR_MS = 3_600_000;

/** What an administrator does, and who it is. */
export interface NotificationAct {
  readonly actor: string;
  readonly now: Date;
}

/** @throws RadTriageError NOT_FOUND */
export function findRule(rules: readonly NotificationRule[], name: string): NotificationRule {
  const rule = rules.find((each) => each.name === name);
  if (rule !== undefined) return rule;
  throw new RadTriageError('NOT_FOUND', `the configuration has no notification rule ${name}`);
}

function isDue(rule: NotificationRule, now: Date) {
  const giveUpAt = new Date(now.getTime() + rule.giveUpHours * HOUR_MS);
  return { nextAttemptAt: now, waitingSince: now, giveUpAt };
}

/** Asks a worker to send a test of a rule, which tells of no study. @returns its key */
export function requestTest(
  database: Database,
  rule: NotificationRule,
  { actor, now }: NotificationAct,
): Promise<string> {
  return database.transaction().execute(async (trx) => {
    const { notificationKey } = await trx
      .insertInto('notification')
      .values({
        rule: rule.name,
        studyKey: null,
        runKey: null,
        content: JSON.stringify(null),
        idempotencyKey: randomUUID(),
        createdAt: now,
        ...isDue(rule, now),
      })
      .returning('notificationKey')
      .executeTakeFirstOrThrow();
    const details = { rule: rule.name, notification: notificationKey };
    await appendAudit(trx, { actor, action: 'notification.test-requested', details });
    return notificationKey;
  });
}

async function lockNotification(
  trx: Kysely<DatabaseSchema>,
  key: string,
): Promise<Selectable<NotificationTable>> {
  const row = await trx
    .selectFrom('notification')
    .selectAll()
    .where('notificationKey', '=', key)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such notification');
  return row;
}

async function recordAct(
  trx: Kysely<DatabaseSchema>,
  row: Selectable<NotificationTable>,
  entry: { readonly actor: string; readonly action: string },
): Promise<void> {
  const studyInstanceUid = row.content?.studyInstanceUid;
  const details = { rule: row.rule, notification: row.notificationKey };
  if (studyInstanceUid !== undefined) await notifyChange(trx, studyInstanceUid);
  await appendAudit(trx, { ...entry, studyInstanceUid, details });
}

/**
 * Takes up again what was given up or dismissed, under its own Idempotency-Key and with its whole time.
 * @throws RadTriageError NOT_FOUND (the notification, or its rule in the configuration), ILLEGAL_TRANSITION
 */
export function resendNotification(
  database: Database,
  { key, rules }: { readonly key: string; readonly rules: readonly NotificationRule[] },
  { actor, now }: NotificationAct,
): Promise<void> {
  return database.transaction().execute(async (trx) => {
    const row = await lockNotification(trx, key);
    const state = nextNotificationState(row.state, 'resent');
    const rule = findRule(rules, row.rule);
    await trx
      .updateTable('notification')
      .set({ state, attempts: 0, ...isDue(rule, now) })
      .where('notificationKey', '=', key)
      .execute();
    await recordAct(trx, row, { actor, action: 'notification.resent' });
  });
}

/**
 * Leaves it at that: it is not sent (again). A try that is under way may still reach its receiver.
 * @throws RadTriageError NOT_FOUND, ILLEGAL_TRANSITION
 */
export function dismissNotification(
  database: Database,
  key: string,
  { actor }: NotificationAct,
): Promise<void> {
  return database.transaction().execute(async (trx) => {
    const row = await lockNotification(trx, key);
    const state = nextNotificationState(row.state, 'dismissed');
    await trx
      .updateTable('notification')
      .set({ state, leaseId: null, leaseUntil: null })
      .where('notificationKey', '=', key)
      .execute();
    await recordAct(trx, row, { actor, action: 'notification.dismissed' });
  });
}
