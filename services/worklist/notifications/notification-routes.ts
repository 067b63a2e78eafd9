import { z } from 'zod';
import {
  type Notification,
  type NotificationsStatus,
  notificationActSchema,
  notificationsSchema,
} from '#contracts/notifications.ts';
import type { ModelRegistry } from '#models/registry/registry.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import type { Principal } from '#platform/http/principal.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import {
  dismissNotification,
  findRule,
  requestTest,
  resendNotification,
} from '#platform/notifications/manage-notifications.ts';
import {
  countNotifications,
  listNotifications,
  NO_FIGURES,
  type NotificationRow,
  readRuleFigures,
} from '#platform/notifications/read-notifications.ts';
import type { WebContext } from '../context.ts';
import { findWithheld, sightOf } from '../study/sight.ts';
import { describeRule } from './describe-rule.ts';
import { toStudyNotification } from './study-notifications.ts';
import { unmatchedNames } from './unmatched-names.ts';

const MAX_LISTED = 200;
/** Results of this many days count for the times. */
const DAYS = 30;
const DAY_MS = 86_400_000;

const keyParams = z.object({ key: z.string().regex(/^\d{1,18}$/) });

function toNotification(row: NotificationRow, rules: readonly NotificationRule[]): Notification {
  const waits = row.state === 'waiting';
  return {
    ...toStudyNotification(row),
    studyInstanceUid: row.content?.studyInstanceUid ?? null,
    test: row.content === null,
    attempts: row.attempts,
    nextAttemptAt: waits ? row.nextAttemptAt.toISOString() : null,
    giveUpAt: waits ? row.giveUpAt.toISOString() : null,
    lastError: row.lastError,
    configured: rules.some(({ name }) => name === row.rule),
  };
}

type Models = Pick<ModelRegistry, 'list'>;

async function list(
  { config, database }: WebContext,
  { limit, registry }: { readonly limit: number; readonly registry: Models | undefined },
  principal: Principal,
): Promise<NotificationsStatus> {
  const { rules } = config.notifications;
  const figures = await readRuleFigures(database, new Date(Date.now() - DAYS * DAY_MS));
  const rows = await listNotifications(database, limit);
  const withheld = await findWithheld(
    database,
    sightOf(config, principal),
    rows.flatMap((row) => row.content?.studyInstanceUid ?? []),
  );
  const models = await registry?.list();
  return {
    days: DAYS,
    rules: rules.map((rule) => {
      const { name, url, receiverMayAcknowledge, timeoutSeconds, giveUpHours } = rule;
      return {
        ...{ name, receiverMayAcknowledge, timeoutSeconds, giveUpHours },
        receiver: new URL(url).origin,
        when: describeRule(rule),
        unmatched: models === undefined ? [] : unmatchedNames(rule, models),
        ...(figures.get(name) ?? NO_FIGURES),
      };
    }),
    counts: await countNotifications(database),
    // That somebody was told of a study says what was found: an administrator who reads blind first sees no such line.
    items: rows
      .filter((row) => !withheld.has(row.content?.studyInstanceUid ?? ''))
      .map((row) => toNotification(row, rules)),
  };
}

/**
 * Who is told of results, what became of it, and what an administrator can do about it.
 * @param registry without it nothing is said of names that no model has
 */
export function notificationRoutes(context: WebContext, registry: Models | undefined): Route[] {
  const { database, config } = context;
  const { rules } = config.notifications;
  const actOf = (actor: string) => ({ actor, now: new Date() });
  const changing = {
    method: 'POST',
    access: ['admin'],
    input: z.object({ params: keyParams }),
    response: notificationActSchema,
  } as const;
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/notifications',
        access: ['admin'],
        summary: 'Rules and notifications: what needs attention first, then the newest',
        input: z.object({
          query: z.object({
            limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(MAX_LISTED),
          }),
        }),
        response: notificationsSchema,
      },
      async ({ query }, { principal }) =>
        list(context, { limit: query.limit, registry }, principal),
    ),
    jsonRoute(
      {
        ...changing,
        path: '/api/admin/notifications/:key/resend',
        summary: 'Send again what was given up or dismissed, under its own Idempotency-Key',
      },
      async ({ params: { key } }, { principal }) => {
        await resendNotification(database, { key, rules }, actOf(principal.name));
        return { id: key };
      },
    ),
    jsonRoute(
      {
        ...changing,
        path: '/api/admin/notifications/:key/dismiss',
        summary: 'Leave it at that: it is not sent',
      },
      async ({ params: { key } }, { principal }) => {
        await dismissNotification(database, key, actOf(principal.name));
        return { id: key };
      },
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/admin/notification-rules/:name/test',
        access: ['admin'],
        summary: 'Have a test sent by a worker, marked as one',
        input: z.object({ params: z.object({ name: z.string().max(48) }) }),
        response: notificationActSchema,
      },
      async ({ params }, { principal }) => {
        const rule = findRule(rules, params.name);
        return { id: await requestTest(database, rule, actOf(principal.name)) };
      },
    ),
  ];
}
