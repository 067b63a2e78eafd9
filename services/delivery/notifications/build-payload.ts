import {
  NOTIFICATION_PAYLOAD_VERSION,
  type NotificationPayload,
  notificationPayloadSchema,
} from '#contracts/notification-payload.ts';
import type { ClaimedNotification } from './claim.ts';

/** What is sent: the same for every try of a notification. @throws ZodError when it would break its contract */
export function buildPayload(
  { rule, content, idempotencyKey, createdAt }: ClaimedNotification,
  pageUrl: string,
): NotificationPayload {
  const base = pageUrl.replace(/\/+$/, '');
  const common = {
    version: NOTIFICATION_PAYLOAD_VERSION,
    id: idempotencyKey,
    rule,
    createdAt: createdAt.toISOString(),
  };
  if (content === null) {
    return notificationPayloadSchema.parse({
      ...common,
      type: 'test',
      study: null,
      reasons: ['This is a test of the rule. It tells of no study.'],
      findings: [],
      link: `${base}/administration/notifications`,
    });
  }
  const { reasons, findings, ...study } = content;
  return notificationPayloadSchema.parse({
    ...common,
    ...{ type: 'study-result', study, reasons, findings },
    link: `${base}/studies/${study.studyInstanceUid}`,
  });
}
