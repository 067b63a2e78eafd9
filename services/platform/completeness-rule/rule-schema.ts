import { z } from 'zod';
import { COUNT_ATTRIBUTES, type ViewDemand } from '#core/completeness/rule.ts';

const MAX_SECONDS = 24 * 3600;
const seconds = z.number().min(0).max(MAX_SECONDS);
const longestWait = z
  .number()
  .positive()
  .max(MAX_SECONDS / 60);
const pattern = z.string().trim().min(1).max(128);
/** One value or several; of several, any one. */
const patterns = z
  .union([pattern, z.array(pattern).min(1).max(64)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .optional();

const match = z.strictObject({
  modality: patterns,
  bodyPart: patterns,
  studyDescription: patterns,
  seriesDescription: patterns,
  protocolName: patterns,
  callingAe: patterns,
  site: patterns,
});

/** `PA`, `LATERAL`, `R CC`: a side, if it matters, and a view. */
const view = z
  .string()
  .trim()
  .regex(/^([LR] )?[A-Za-z0-9_-]{1,16}$/, 'a view is written as PA, or with its side as R CC')
  .transform((text): ViewDemand => {
    const [first = '', second] = text.split(' ');
    if (second === undefined) return { view: first };
    return { view: second, laterality: first === 'L' ? 'L' : 'R' };
  });

const count = z.number().int().min(1).max(1_000_000);

const demand = z.strictObject({
  images: count.optional(),
  imagesFrom: z
    .union([z.enum(COUNT_ATTRIBUTES), z.array(z.enum(COUNT_ATTRIBUTES)).min(1)])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .optional(),
  contiguousNumbers: z.boolean().optional(),
  /** A list within the list holds alternatives. */
  views: z
    .array(z.union([view.transform((one) => [one]), z.array(view).min(1).max(16)]))
    .min(1)
    .max(32)
    .optional(),
  series: z
    .array(
      z
        .strictObject({
          modality: patterns,
          seriesDescription: patterns,
          protocolName: patterns,
          images: count.default(1),
        })
        .refine(
          (series) => series.modality ?? series.seriesDescription ?? series.protocolName,
          'a series needs modality, seriesDescription or protocolName',
        ),
    )
    .min(1)
    .max(32)
    .optional(),
});

const signals = z.strictObject({
  associationReleased: z.boolean().optional(),
  instanceAvailability: z.boolean().optional(),
  mpps: z.boolean().optional(),
});

export const ruleFileSchema = z.strictObject({
  id: z.string().min(1).max(64),
  version: z.string({ error: 'a text in quotes is wanted, such as "1"' }).min(1).max(32),
  defaults: z
    .strictObject({
      longestWaitMinutes: longestWait.default(120),
      signals: z
        .strictObject({
          associationReleased: z.boolean().default(false),
          instanceAvailability: z.boolean().default(true),
          mpps: z.boolean().default(true),
        })
        .prefault({}),
      graceSeconds: seconds.default(0),
      settleSeconds: seconds.default(0),
      quietSeconds: seconds.optional(),
    })
    .prefault({}),
  rules: z
    .array(
      z.strictObject({
        name: z
          .string()
          .min(1)
          .max(64)
          .regex(/^[A-Za-z0-9][A-Za-z0-9._ -]*$/),
        match: match.default({}),
        demand: demand.default({}),
        signals: signals.default({}),
        graceSeconds: seconds.optional(),
        settleSeconds: seconds.optional(),
        quietSeconds: seconds.optional(),
        longestWaitMinutes: longestWait.optional(),
      }),
    )
    .max(500)
    .default([]),
});
export type RuleFile = z.output<typeof ruleFileSchema>;
