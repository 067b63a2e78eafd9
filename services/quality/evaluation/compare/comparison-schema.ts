import { z } from 'zod';

const count = z.number().int().min(0);
const interval = z.tuple([z.number(), z.number()]).readonly();
const aucSchema = z
  .strictObject({
    auc: z.number(),
    variance: z.number(),
    interval,
    method: z.enum(['delong-logit', 'newcombe-score']),
  })
  .nullable();

const mcNemarSchema = z.strictObject({
  onlyFirst: count,
  onlySecond: count,
  total: count,
  difference: z.number(),
  interval,
  pValue: z.number(),
});
export type McNemarFigures = z.output<typeof mcNemarSchema>;

const curve = z.array(z.tuple([z.number(), z.number()]));

const labelSchema = z.strictObject({
  label: z.string(),
  /** Cases with truth in both; of these, those analysed by both. */
  cases: count,
  pairs: count,
  positives: count,
  patients: count,
  onlyInFirst: count,
  onlyInSecond: count,
  auc: z.strictObject({ first: aucSchema, second: aucSchema }),
  /** First minus second, DeLong; null with too few. */
  difference: z
    .strictObject({
      difference: z.number(),
      variance: z.number(),
      interval,
      pValue: z.number().nullable(),
      /** From resampled patients. */
      bootstrap: interval.nullable(),
    })
    .nullable(),
  /** Flagged with the finding; not flagged without it. What was not analysed is not flagged. */
  sensitivity: mcNemarSchema.nullable(),
  specificity: mcNemarSchema.nullable(),
  /** P values of the three tests adjusted for being three (Holm). */
  holm: z.strictObject({
    auc: z.number().nullable(),
    sensitivity: z.number().nullable(),
    specificity: z.number().nullable(),
  }),
  /** Population stability index of the second's scores against the first's, over ten bins. */
  stability: z.number().nullable(),
  roc: z.strictObject({ first: curve, second: curve }),
  /** [first, second, 1 with the finding], thinned for drawing. */
  scatter: z.array(z.tuple([z.number(), z.number(), z.literal([0, 1])])),
});
export type LabelComparison = z.output<typeof labelSchema>;

/** Version 1 of comparison.json. */
export const comparisonSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal('comparison'),
  createdAt: z.iso.datetime(),
  product: z.string(),
  first: z.string(),
  second: z.string(),
  settings: z.strictObject({ bootstrapRepeats: count, seed: z.number().int() }),
  labels: z.array(labelSchema),
});
export type Comparison = z.output<typeof comparisonSchema>;
