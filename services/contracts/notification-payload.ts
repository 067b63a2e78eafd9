import { z } from 'zod';
import { PRIORITIES } from '#core/priority.ts';
import { codeSchema, uidSchema } from './study.ts';

const time = z.iso.datetime({ offset: true });

/** Rises when something is taken away or comes to mean something else; what is added does not raise it. */
export const NOTIFICATION_PAYLOAD_VERSION = 1;

const findingSchema = z.strictObject({
  label: z.string(),
  code: codeSchema,
  /** 0 to 1: how strongly the model reacts. It is no probability. */
  score: z.number(),
  /** Flagged from here on. */
  threshold: z.number(),
  modelId: z.string(),
  modelVersion: z.string(),
});

/**
 * What a receiver is sent (docs/notifications.md). Neither a patient's name nor image, frame or box is in it, in any
 * reading mode.
 */
export const notificationPayloadSchema = z.strictObject({
  version: z.literal(NOTIFICATION_PAYLOAD_VERSION),
  /** As in the header Idempotency-Key: the same for every try. */
  id: z.uuid(),
  /** A test is marked as one: it tells of no study. */
  type: z.enum(['study-result', 'test']),
  rule: z.string(),
  /** When the result came, or the test was asked for. */
  createdAt: time,
  study: z
    .strictObject({
      studyInstanceUid: uidSchema,
      accessionNumber: z.string().nullable(),
      modality: z.string().nullable(),
      site: z.string(),
      priority: z.enum(PRIORITIES),
    })
    .nullable(),
  /** In words, without patient data. */
  reasons: z.array(z.string()),
  /** What is flagged. An empty list says that nothing was flagged, not that all is well. */
  findings: z.array(findingSchema),
  /** Our page of the study; it asks for a log-in. */
  link: z.url(),
});
export type NotificationPayload = z.output<typeof notificationPayloadSchema>;

/** What a receiver may answer, where its rule lets it acknowledge. Anything else in the answer is ignored. */
export const receiverAnswerSchema = z.object({
  /** Who acknowledged, as the audit log is to name it. */
  acknowledgedBy: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .regex(/^[^\p{Cc}]*$/u),
});
