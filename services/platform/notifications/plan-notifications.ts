import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { findingKey, type NotificationContent } from '#core/notification.ts';
import { priorityRank } from '#core/priority.ts';
import type { NotificationRule } from '../config/notifications.ts';
import type { DatabaseSchema } from '../database/schema.ts';
import { type ConcludedLabel, matchRule, type RuleFacts } from './match-rule.ts';

/** A run that came to a result, and the study as this leaves it. */
export interface ConcludedRun extends RuleFacts {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  readonly accessionNumber: string | null;
  readonly lastImageAt: Date | null;
  readonly runKey: string;
  /** Why the study has its priority, in words. */
  readonly priorityReason: string;
  readonly concludedAt: Date;
}

const HOUR_MS = 3_600_000;

/**
 * Writes what is to be sent about a run, in the transaction that concludes it: whatever happens afterwards, it goes
 * out. A rule that has told of the study before tells again only of a finding that it has not told of, or when the
 * study has become more urgent; a notification that never went out counts as told, since it can be sent again by hand.
 * @returns how many were written
 */
export async function planNotifications(
  trx: Kysely<DatabaseSchema>,
  rules: readonly NotificationRule[],
  run: ConcludedRun,
): Promise<number> {
  let planned = 0;
  for (const rule of rules) {
    const found = matchRule(rule, run);
    if (found === undefined) continue;
    const before = await readBefore(trx, rule.name, run.studyKey);
    const news = describeNews(run, found, before);
    if (news === undefined) continue;
    const { concludedAt } = run;
    await trx
      .insertInto('notification')
      .values({
        rule: rule.name,
        studyKey: run.studyKey,
        runKey: run.runKey,
        content: JSON.stringify(contentOf(run, found, news)),
        idempotencyKey: randomUUID(),
        nextAttemptAt: concludedAt,
        giveUpAt: new Date(concludedAt.getTime() + rule.giveUpHours * HOUR_MS),
        lastImageAt: run.lastImageAt,
        createdAt: concludedAt,
        waitingSince: concludedAt,
      })
      .execute();
    planned += 1;
  }
  return planned;
}

async function readBefore(
  trx: Kysely<DatabaseSchema>,
  rule: string,
  studyKey: string,
): Promise<NotificationContent[]> {
  const rows = await trx
    .selectFrom('notification')
    .select('content')
    .where('rule', '=', rule)
    .where('studyKey', '=', studyKey)
    .execute();
  return rows.flatMap(({ content }) => (content === null ? [] : [content]));
}

/** What is new since the rule last told of the study, in words; undefined when nothing is. */
function describeNews(
  { priority }: ConcludedRun,
  found: readonly ConcludedLabel[],
  before: readonly NotificationContent[],
): string[] | undefined {
  if (before.length === 0) return [];
  const told = new Set(before.flatMap(({ findings }) => findings.map(findingKey)));
  const newly = found.filter((label) => !told.has(findingKey(label)));
  const urgency = Math.min(...before.map((content) => priorityRank(content.priority)));
  const news = newly.map(({ label }) => `newly flagged: ${label}`);
  if (priorityRank(priority) < urgency) news.push(`newly raised to ${priority}`);
  return news.length === 0 ? undefined : news;
}

function contentOf(
  run: ConcludedRun,
  found: readonly ConcludedLabel[],
  news: readonly string[],
): NotificationContent {
  const { studyInstanceUid, accessionNumber, modality, site, priority, priorityReason } = run;
  return {
    ...{ studyInstanceUid, accessionNumber, modality, site, priority },
    reasons: [priorityReason, ...news],
    findings: found.map(({ label, code, score, threshold, modelId, modelVersion }) => ({
      ...{ label, code, score, threshold, modelId, modelVersion },
    })),
  };
}
