import { z } from 'zod';
import { QUARANTINE_REASONS, QUARANTINE_STATES } from '#core/quarantine-state.ts';
import { uidSchema } from './study.ts';

const time = z.iso.datetime({ offset: true });

/** One of two contents under a SOP Instance UID: from whom, when, how large. */
export const quarantinedContentSchema = z.object({
  studyInstanceUid: uidSchema,
  sopInstanceUid: uidSchema,
  kind: z.enum(['image', 'object']),
  standing: z.string(),
  modality: z.string().nullable(),
  callingAe: z.string(),
  receivedAt: time,
  sha256: z.string(),
  fileBytes: z.number().int(),
});

/** What waits for an administrator: another content under a known UID, or a rejection note. */
export const quarantineItemSchema = z.object({
  id: z.string(),
  kind: z.enum(['instance', 'rejection-note']),
  reason: z.enum(QUARANTINE_REASONS),
  /** Keywords of what differs, without values; `PixelData` for the picture. */
  differences: z.array(z.string()),
  state: z.enum(QUARANTINE_STATES),
  arrivedAt: time,
  decidedBy: z.string().nullable(),
  decidedAt: time.nullable(),
  decisionReason: z.string().nullable(),
  arrived: quarantinedContentSchema,
  /** What is current under the UID, or was until the other was adopted; null for a note. */
  kept: quarantinedContentSchema.nullable(),
  note: z.object({ title: z.string(), named: z.number().int() }).nullable(),
});
export type QuarantineItem = z.output<typeof quarantineItemSchema>;

/** GET /api/admin/quarantine: the newest first. Without `state`, what waits. */
export const quarantineQuerySchema = z.object({
  state: z.enum([...QUARANTINE_STATES, 'all']).default('waiting'),
});
export const quarantineListSchema = z.object({
  items: z.array(quarantineItemSchema),
  /** How much waits, beyond what is listed. */
  waiting: z.number().int(),
});

/** GET /api/admin/quarantine/{id}: what differs, with its values. */
export const quarantineDetailSchema = quarantineItemSchema.extend({
  values: z.array(
    z.object({
      keyword: z.string(),
      kept: z.string().nullable(),
      arrived: z.string().nullable(),
    }),
  ),
});
export type QuarantineDetail = z.output<typeof quarantineDetailSchema>;

/** POST /api/admin/quarantine/{id}/{adopt,dismiss,undo}. The reason goes to the audit log: no patient data. */
export const quarantineDecisionSchema = z.object({ reason: z.string().trim().min(1).max(500) });
export const quarantineDecidedSchema = z.object({ state: z.enum(QUARANTINE_STATES) });
