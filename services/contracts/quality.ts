import { z } from 'zod';
import { findingSchema, reviewSchema, worklistItemSchema } from './study.ts';

export const QUALITY_FILTERS = [
  'flagged',
  'disagreement',
  'agreement',
  'missed',
  'second-read',
  'all',
] as const;

export const qualityQuerySchema = z.object({
  filter: z.enum(QUALITY_FILTERS).default('flagged'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  offset: z.coerce.number().int().min(0).default(0),
});

/** A study with the AI's word and the readers'. `agreement` is null until a radiologist has signed it off. */
export const qualityItemSchema = z.object({
  study: worklistItemSchema,
  findings: z.array(findingSchema),
  reviews: z.array(reviewSchema),
  agreement: z.boolean().nullable(),
});
export type QualityItem = z.output<typeof qualityItemSchema>;
export const qualityListSchema = z.object({
  items: z.array(qualityItemSchema),
  total: z.number().int(),
});

/** A proportion with its Wilson interval at 95%. */
export const proportionSchema = z.object({
  count: z.number().int(),
  total: z.number().int(),
  estimate: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});
export type Proportion = z.output<typeof proportionSchema>;

/** Readings of studies that were read blind first: the impression before the AI's word, and the verdict after. */
export const changedMindsSchema = z.object({
  compared: z.number().int(),
  /** Agreed with the AI before and after. */
  keptAgreeing: z.number().int(),
  /** Differed from the AI before and after. */
  keptDiffering: z.number().int(),
  changedToAgree: z.number().int(),
  changedAway: z.number().int(),
});
export type ChangedMinds = z.output<typeof changedMindsSchema>;

export const qualitySummarySchema = z.object({
  analysed: z.number().int(),
  notAnalysed: z.number().int(),
  failed: z.number().int(),
  flagged: proportionSchema,
  reviewed: proportionSchema,
  /** Of reviewed flagged studies: those in which the reader confirmed, amended or added a finding. */
  positivePredictiveValue: proportionSchema,
  /** Of reviewed unflagged studies: those in which the reader added nothing. */
  negativePredictiveValue: proportionSchema,
  agreement: proportionSchema,
  findings: z.object({
    confirmed: z.number().int(),
    amended: z.number().int(),
    rejected: z.number().int(),
    added: z.number().int(),
  }),
  secondReadings: proportionSchema,
  blindFirst: changedMindsSchema,
});
export type QualitySummary = z.output<typeof qualitySummarySchema>;

/** POST /api/quality/studies/{uid}/readings */
export const secondReadingSchema = z.object({
  positive: z.boolean(),
  comment: z.string().max(2000).optional(),
});
