import { z } from 'zod';
import { MODEL_ROLES } from '#core/finding.ts';

const time = z.iso.datetime({ offset: true });
const interval = z.tuple([z.number(), z.number()]);

const rate = z.object({
  count: z.number(),
  total: z.number(),
  estimate: z.number().nullable(),
  interval: interval.nullable(),
});

/** An evaluation of this very version at this site, as it was given with its promotion. */
const modelEvaluationSchema = z.object({
  createdAt: time,
  unit: z.enum(['image', 'series', 'study']),
  units: z.number(),
  analysed: z.number(),
  labels: z.array(
    z.object({
      label: z.string(),
      auc: z.number().nullable(),
      aucInterval: interval.nullable(),
      sensitivity: rate,
      specificity: rate,
    }),
  ),
});

/** A version of a model as the registry knows it. `problem` says why it is refused (altered, missing, invalid manifest). */
export const modelSchema = z.object({
  id: z.string(),
  version: z.string(),
  title: z.string(),
  sha256: z.string(),
  role: z.enum(MODEL_ROLES),
  demonstration: z.boolean(),
  intendedUse: z.string(),
  licence: z.string(),
  label: z.string(),
  threshold: z.number().nullable(),
  auc: z.number().nullable(),
  aucInterval: interval.nullable(),
  validation: z.string().nullable(),
  /** What it finds, the first of them being `label`. */
  labels: z.array(
    z.object({
      label: z.string(),
      code: z.string(),
      auc: z.number().nullable(),
      aucInterval: interval.nullable(),
      operatingPoints: z.array(
        z.object({
          id: z.string(),
          threshold: z.number(),
          inUse: z.boolean(),
          sensitivity: z.number().nullable(),
          specificity: z.number().nullable(),
        }),
      ),
    }),
  ),
  /** How often images outside its intended use were refused when that was measured; null without such a check. */
  inputCheck: z
    .object({
      errorRates: z.array(
        z.object({ class: z.string(), n: z.number().int(), refused: z.number().int() }),
      ),
      untested: z.array(z.string()),
    })
    .nullable(),
  provider: z.string().nullable(),
  problem: z.string().nullable(),
  /** Whether its files are pinned: since it was added, or given a role. */
  pinned: z.boolean(),
  changedBy: z.string().nullable(),
  changedAt: time.nullable(),
  note: z.string().nullable(),
  evaluation: modelEvaluationSchema.nullable(),
});
export type Model = z.output<typeof modelSchema>;
export const modelsSchema = z.object({ models: z.array(modelSchema) });
export const modelCardQuerySchema = z.object({
  /** Without it the card of the active version, else of the newest. */
  version: z.string().max(100).optional(),
});
export const modelCardSchema = z.object({ id: z.string(), markdown: z.string() });
/** POST /api/models/{id}/role, by an admin. A promotion needs a note. */
export const modelRoleRequestSchema = z.object({
  version: z.string().max(100),
  role: z.enum(MODEL_ROLES),
  sha256: z.string().length(64),
  note: z.string().trim().max(500).optional(),
  /** What becomes of the version that was active before. */
  previousRole: z.enum(['shadow', 'retired']).optional(),
  /** A model for demonstration is made active only when this is said. */
  allowDemonstration: z.boolean().optional(),
});

/** Jobs that ran out of tries, visible until retried or dismissed. */
export const deadLetterSchema = z.object({
  jobId: z.string(),
  job: z.string(),
  studyInstanceUid: z.string().nullable(),
  code: z.string(),
  message: z.string(),
  attempts: z.number().int(),
  failedAt: time,
});
export const deadLettersSchema = z.object({ items: z.array(deadLetterSchema) });
