import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { NOTIFICATION_STATES, type NotificationState } from '#core/notification.ts';
import type { NotificationTable } from '../database/notification-tables.ts';
import type { DatabaseSchema } from '../database/schema.ts';

export type NotificationRow = Selectable<NotificationTable>;

type Reader = Kysely<DatabaseSchema>;

/** All about these studies, the oldest first; tests are about none. */
export async function readStudyNotifications(
  database: Reader,
  studyKeys: readonly string[],
): Promise<NotificationRow[]> {
  if (studyKeys.length === 0) return [];
  return database
    .selectFrom('notification')
    .selectAll()
    .where('studyKey', 'in', studyKeys)
    .orderBy('notificationKey')
    .execute();
}

/** The dead first, then what waits, then the rest, each the newest first. */
export function listNotifications(database: Reader, limit: number): Promise<NotificationRow[]> {
  return database
    .selectFrom('notification')
    .selectAll()
    .orderBy(sql`CASE state WHEN 'dead' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END`)
    .orderBy('notificationKey', 'desc')
    .limit(limit)
    .execute();
}

/** @throws RadTriageError NOT_FOUND */
export async function readNotification(database: Reader, key: string): Promise<NotificationRow> {
  const row = await database
    .selectFrom('notification')
    .selectAll()
    .where('notificationKey', '=', key)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new RadTriageError('NOT_FOUND', 'there is no such notification');
}

export async function countNotifications(
  database: Reader,
): Promise<Record<NotificationState, number>> {
  const rows = await database
    .selectFrom('notification')
    .select(({ fn }) => ['state', fn.countAll<string>().as('count')])
    .groupBy('state')
    .execute();
  const found = Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
  const counts = NOTIFICATION_STATES.map((state) => [state, found[state] ?? 0]);
  return Object.fromEntries(counts) as Record<NotificationState, number>;
}

interface Duration {
  readonly count: number;
  /** Seconds; null without any. */
  readonly median: number | null;
  readonly p95: number | null;
}

/** What became of one rule: now, and of the results since a day. */
export interface RuleFigures {
  readonly waiting: number;
  readonly dead: number;
  readonly sent: number;
  readonly unacknowledged: number;
  readonly times: {
    readonly resultToSent: Duration;
    readonly lastImageToSent: Duration;
    readonly resultToAcknowledged: Duration;
    readonly lastImageToAcknowledged: Duration;
  };
}

interface FigureRow {
  rule: string;
  waiting: number;
  dead: number;
  sent: number;
  unacknowledged: number;
  counts: number[];
  medians: (number | null)[];
  p95s: (number | null)[];
}

/** From, to: in the order of `RuleFigures.times`. */
const SPANS = [
  sql`sent_at - created_at`,
  sql`sent_at - last_image_at`,
  sql`acknowledged_at - created_at`,
  sql`acknowledged_at - last_image_at`,
].map((span) => sql<number>`extract(epoch FROM ${span})::float8`);

/** Tests count nowhere but in what waits and what is dead. @param since results from then on count for the times */
export async function readRuleFigures(
  database: Reader,
  since: Date,
): Promise<ReadonlyMap<string, RuleFigures>> {
  const told = sql<SqlBool>`study_key IS NOT NULL AND created_at >= ${since}`;
  const each = (make: (span: (typeof SPANS)[number]) => ReturnType<typeof sql>) =>
    sql`array[${sql.join(SPANS.map(make))}]`;
  const quantile = (share: number) =>
    each(
      (span) =>
        sql`percentile_cont(${sql.lit(share)}) WITHIN GROUP (ORDER BY ${span}) FILTER (WHERE ${told})`,
    );
  const { rows } = await sql<FigureRow>`
    SELECT rule,
      (count(*) FILTER (WHERE state = 'waiting'))::int AS waiting,
      (count(*) FILTER (WHERE state = 'dead'))::int AS dead,
      (count(*) FILTER (WHERE sent_at IS NOT NULL AND ${told}))::int AS sent,
      (count(*) FILTER (WHERE sent_at IS NOT NULL AND acknowledged_at IS NULL AND ${told}))::int
        AS unacknowledged,
      ${each((span) => sql`(count(${span}) FILTER (WHERE ${told}))::int`)} AS counts,
      ${quantile(0.5)} AS medians,
      ${quantile(0.95)} AS p95s
    FROM notification
    WHERE state IN ('waiting', 'dead') OR created_at >= ${since}
    GROUP BY rule`.execute(database);
  return new Map(rows.map((row) => [row.rule, toFigures(row)]));
}

function toFigures({ waiting, dead, sent, unacknowledged, ...row }: FigureRow): RuleFigures {
  const at = (index: number): Duration => ({
    count: row.counts[index] ?? 0,
    median: row.medians[index] ?? null,
    p95: row.p95s[index] ?? null,
  });
  return {
    ...{ waiting, dead, sent, unacknowledged },
    times: {
      resultToSent: at(0),
      lastImageToSent: at(1),
      resultToAcknowledged: at(2),
      lastImageToAcknowledged: at(3),
    },
  };
}

/** Of a rule that nothing has been written for. */
export const NO_FIGURES: RuleFigures = toFigures({
  ...{ rule: '', waiting: 0, dead: 0, sent: 0, unacknowledged: 0 },
  ...{ counts: [], medians: [], p95s: [] },
});
