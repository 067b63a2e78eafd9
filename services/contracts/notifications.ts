import { z } from 'zod';
import { NOTIFICATION_STATES } from '#core/notification.ts';

/** As in study.ts, which this must not import: a study has notifications. */
const uidSchema = z.string().regex(/^[0-9.]{1,64}$/);
const time = z.iso.datetime({ offset: true });
const count = z.number().int();

/** One notification about a study, as its readers see it. */
export const studyNotificationSchema = z.object({
  id: z.string(),
  rule: z.string(),
  state: z.enum(NOTIFICATION_STATES),
  createdAt: time,
  sentAt: time.nullable(),
  /** The radiologist who first opened the study after it was sent. Seen is not acknowledged. */
  seenBy: z.string().nullable(),
  seenAt: time.nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: time.nullable(),
});
export type StudyNotification = z.output<typeof studyNotificationSchema>;

/** POST /api/studies/{uid}/notifications/acknowledge */
export const acknowledgementSchema = z.object({
  /** Those that this acknowledged; others were before, or were not sent. */
  acknowledged: count,
  notifications: z.array(studyNotificationSchema),
});

/** A notification as an administrator sees it. */
const notificationSchema = studyNotificationSchema.extend({
  /** Null of a test. */
  studyInstanceUid: uidSchema.nullable(),
  test: z.boolean(),
  attempts: count,
  /** Null unless it waits. */
  nextAttemptAt: time.nullable(),
  giveUpAt: time.nullable(),
  lastError: z.string().nullable(),
  /** Whether its rule still stands in the configuration. */
  configured: z.boolean(),
});
export type Notification = z.output<typeof notificationSchema>;

/** Median and 95th percentile in seconds; null without any. */
const durationSchema = z.object({
  count,
  median: z.number().nullable(),
  p95: z.number().nullable(),
});
export type NotificationDuration = z.output<typeof durationSchema>;

/** How long it took, of the results of the last days. What is not sent or acknowledged yet is not in it. */
const timesSchema = z.object({
  resultToSent: durationSchema,
  lastImageToSent: durationSchema,
  resultToAcknowledged: durationSchema,
  lastImageToAcknowledged: durationSchema,
});

const ruleSchema = z.object({
  name: z.string(),
  /** Scheme, host and port of its receiver: the rest of an address may hold a secret. */
  receiver: z.string(),
  /** What it tells of, in words. */
  when: z.string(),
  /** What it names in `findings` and `models` that no active model has: a slip of the pen, or a model in shadow. */
  unmatched: z.array(z.string()),
  receiverMayAcknowledge: z.boolean(),
  timeoutSeconds: z.number(),
  giveUpHours: z.number(),
  waiting: count,
  dead: count,
  /** In the days that `times` covers, tests left out. */
  sent: count,
  /** Of those that were sent. */
  unacknowledged: count,
  times: timesSchema,
});
export type NotificationRuleStatus = z.output<typeof ruleSchema>;

/** GET /api/admin/notifications: the rules, and what needs attention first, then the newest. */
export const notificationsSchema = z.object({
  days: count,
  rules: z.array(ruleSchema),
  counts: z.record(z.enum(NOTIFICATION_STATES), count),
  items: z.array(notificationSchema),
});
export type NotificationsStatus = z.output<typeof notificationsSchema>;

/** POST /api/admin/notifications/{id}/resend, .../dismiss and /api/admin/notification-rules/{name}/test */
export const notificationActSchema = z.object({ id: z.string() });
