import type { UpdateObject } from 'kysely';
import { nextNotificationState } from '#core/notification.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { ClaimedNotification } from './claim.ts';

/** What came of one try. */
export type TryOutcome =
  /** `acknowledgedBy`: whom the receiver named, where it may. */
  | { readonly kind: 'taken'; readonly acknowledgedBy: string | undefined }
  | { readonly kind: 'failed'; readonly error: string; readonly nextAttemptAt: Date }
  | { readonly kind: 'given-up'; readonly error: string }
  /** We were told to stop meanwhile. */
  | { readonly kind: 'broken-off' };

type Columns = UpdateObject<DatabaseSchema, 'notification'>;

const FREE = { leaseId: null, leaseUntil: null };

function columnsFor(outcome: TryOutcome, now: Date): Columns {
  switch (outcome.kind) {
    case 'taken': {
      const { acknowledgedBy } = outcome;
      const state = nextNotificationState('waiting', 'taken');
      const acknowledged =
        acknowledgedBy === undefined ? {} : { acknowledgedBy, acknowledgedAt: now };
      return { ...FREE, state, sentAt: now, lastError: null, ...acknowledged };
    }
    case 'failed': {
      const { error, nextAttemptAt } = outcome;
      return { ...FREE, lastError: error, nextAttemptAt };
    }
    case 'given-up': {
      const state = nextNotificationState('waiting', 'given-up');
      return { ...FREE, state, lastError: outcome.error };
    }
    case 'broken-off':
      return FREE;
  }
}

function actionsFor(outcome: TryOutcome): string[] {
  if (outcome.kind === 'given-up') return ['notification.given-up'];
  if (outcome.kind !== 'taken') return [];
  const sent = 'notification.sent';
  return outcome.acknowledgedBy === undefined ? [sent] : [sent, 'notification.acknowledged'];
}

/**
 * Writes down what came of a try, with its entries in the audit log. A notification that an administrator has dismissed
 * meanwhile, or whose lease another process has taken over, is left as it is.
 * @returns whether it was still ours
 */
export function recordTry(
  database: Database,
  claimed: ClaimedNotification,
  { outcome, now }: { readonly outcome: TryOutcome; readonly now: Date },
): Promise<boolean> {
  const { notificationKey, rule, leaseId, attempts } = claimed;
  return database.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable('notification')
      .set(columnsFor(outcome, now))
      .where('notificationKey', '=', notificationKey)
      .where('leaseId', '=', leaseId)
      .where('state', '=', 'waiting')
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return false;
    const studyInstanceUid = claimed.content?.studyInstanceUid;
    if (studyInstanceUid !== undefined) await notifyChange(trx, studyInstanceUid);
    for (const action of actionsFor(outcome)) {
      const details = { notification: notificationKey, rule, attempts };
      const by = outcome.kind === 'taken' ? outcome.acknowledgedBy : undefined;
      const actor = action.endsWith('acknowledged') ? (by ?? rule) : 'worker';
      await appendAudit(trx, { actor, action, studyInstanceUid, details });
    }
    return true;
  });
}
