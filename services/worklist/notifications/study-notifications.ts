import type { StudyNotification } from '#contracts/notifications.ts';
import type { NotificationSummary } from '#contracts/study.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  type NotificationRow,
  readStudyNotifications,
} from '#platform/notifications/read-notifications.ts';

const toIso = (time: Date | null): string | null => time?.toISOString() ?? null;

export function toStudyNotification(row: NotificationRow): StudyNotification {
  const { notificationKey, rule, state, seenBy, acknowledgedBy } = row;
  return {
    id: notificationKey,
    ...{ rule, state, seenBy, acknowledgedBy },
    createdAt: row.createdAt.toISOString(),
    sentAt: toIso(row.sentAt),
    seenAt: toIso(row.seenAt),
    acknowledgedAt: toIso(row.acknowledgedAt),
  };
}

/**
 * What one line can say of all notifications about a study: first what nobody has acknowledged, since the first of
 * them; then what could not be sent, what waits, and what was acknowledged last.
 */
export function summarise(rows: readonly NotificationRow[]): NotificationSummary | null {
  const live = rows.filter(({ state }) => state !== 'dismissed').map(toStudyNotification);
  const open = live.find(
    ({ sentAt, acknowledgedAt }) => sentAt !== null && acknowledgedAt === null,
  );
  const dead = live.find(({ state }) => state === 'dead');
  const waiting = live.find(({ state }) => state === 'waiting');
  const settled = live.findLast(({ acknowledgedAt }) => acknowledgedAt !== null);
  const shown = open ?? dead ?? waiting ?? settled;
  if (shown === undefined) return null;
  const { sentAt, seenAt, acknowledgedAt, acknowledgedBy } = shown;
  return { state: stateOf(shown), sentAt, seenAt, acknowledgedAt, acknowledgedBy };
}

function stateOf({ state, acknowledgedAt, sentAt }: StudyNotification) {
  if (acknowledgedAt !== null) return 'acknowledged';
  if (sentAt !== null) return 'unacknowledged';
  return state === 'dead' ? 'not-sent' : 'waiting';
}

/** By study, of those that anybody was told of. */
export async function readSummaries(
  database: Database,
  studyKeys: readonly string[],
): Promise<ReadonlyMap<string, NotificationSummary | null>> {
  const rows = await readStudyNotifications(database, studyKeys);
  const byStudy = Map.groupBy(rows, ({ studyKey }) => studyKey ?? '');
  return new Map([...byStudy].map(([studyKey, own]) => [studyKey, summarise(own)]));
}
