import { z } from 'zod';
import { DELIVERY_STATES } from '#core/delivery-state.ts';
import { RESULT_KINDS } from '#core/result-objects.ts';
import { uidSchema } from './study.ts';

const time = z.iso.datetime({ offset: true });
const count = z.number().int();

/** A destination of results, and how it stands with it. */
const destinationSchema = z.object({
  name: z.string(),
  /** False when it is in the configuration no more, but something still waits for it. */
  configured: z.boolean(),
  /** C-STORE or STOW-RS; null when it is not configured. */
  kind: z.enum(['C-STORE', 'STOW-RS']).nullable(),
  /** Where it is: AE title, host and port, or the URL; without secrets. */
  address: z.string().nullable(),
  /** What it gets. */
  send: z.array(z.enum(RESULT_KINDS)),
  storageCommitment: z.boolean(),
  /** Since when each contact has succeeded; null when the last one failed, or there was none. */
  reachableSince: time.nullable(),
  lastContactAt: time.nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: time.nullable(),
  /** When it is tried again after a failure. */
  nextAttemptAt: time.nullable(),
  waiting: count,
  oldestWaiting: time.nullable(),
  dead: count,
  /** In the last 24 hours. */
  sent: count,
  lastSentAt: time.nullable(),
  /** Sent, and its promise to keep them awaited, or given up. */
  uncommitted: count,
  unanswered: count,
});
export type DestinationStatus = z.output<typeof destinationSchema>;

/** An object that was not sent and waits for a decision. */
const deadLetterSchema = z.object({
  id: z.string(),
  destination: z.string(),
  configured: z.boolean(),
  kind: z.enum(RESULT_KINDS),
  sopInstanceUid: uidSchema,
  studyInstanceUid: uidSchema,
  reason: z.string(),
  attempts: count,
  since: time,
});
export type DeadDelivery = z.output<typeof deadLetterSchema>;

/** GET /api/admin/deliveries */
export const deliveriesSchema = z.object({
  destinations: z.array(destinationSchema),
  /** The newest first. */
  dead: z.array(deadLetterSchema),
});
export type DeliveriesStatus = z.output<typeof deliveriesSchema>;

/** POST /api/admin/deliveries/{id}/resend and .../dismiss */
export const deliveryActSchema = z.object({ id: z.string(), state: z.enum(DELIVERY_STATES) });

/** POST /api/admin/destinations/{name}/resend */
export const resentSchema = z.object({ deliveries: count });

/** POST /api/admin/destinations/{name}/dismiss: how many will not be sent */
export const abandonedSchema = z.object({ deliveries: count });

/** POST /api/admin/destinations/{name}/test: what came of a C-ECHO, or of OPTIONS */
export const destinationTestSchema = z.object({
  reachable: z.boolean(),
  detail: z.string(),
  milliseconds: z.number(),
});
