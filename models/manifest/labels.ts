import { z } from 'zod';

const unit = z.number().min(0).max(1);

const operatingPointSchema = z.strictObject({
  id: z.string().min(1),
  /** In scores as they are shown, after calibration. */
  threshold: unit,
  default: z.boolean().optional(),
  sensitivity: unit.optional(),
  specificity: unit.optional(),
});
export type OperatingPoint = z.output<typeof operatingPointSchema>;

function isOnlyDefault(points: readonly OperatingPoint[]): boolean {
  const defaults = points.filter((point) => point.default === true).length;
  return defaults === 1 || (defaults === 0 && points.length === 1);
}

const knots = z
  .array(z.tuple([unit, unit]))
  .min(2)
  .max(200)
  .refine(
    (list) =>
      list.every(([x, y], i) => {
        const [beforeX, beforeY] = list[i - 1] ?? [-1, 0];
        return x > beforeX && y >= beforeY;
      }),
    { message: 'must rise' },
  );

/** Brings an activated score s to the score that is shown; it keeps the order of scores. */
const calibrationSchema = z.discriminatedUnion('kind', [
  /** sigmoid(slope x logit(s) + intercept) */
  z.strictObject({
    kind: z.literal('logistic'),
    slope: z.number().positive(),
    intercept: z.number(),
  }),
  /** Straight lines between [s, shown] points that rise; beyond the ends the end values. */
  z.strictObject({ kind: z.literal('piecewise'), points: knots }),
]);

const validationSchema = z.strictObject({
  auc: unit,
  /** 95% interval. */
  aucInterval: z.tuple([unit, unit]),
  n: z.number().int().positive(),
  positives: z.number().int().min(0),
  method: z.string().optional(),
});

/** What a model looks for. */
export const labelSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens'),
  label: z.string().min(1).max(100),
  /** SNOMED CT has the scheme SCT, our own codes 99RADTRIAGE. */
  code: z.strictObject({
    scheme: z.string().min(1),
    value: z.string().min(1),
    meaning: z.string().min(1),
  }),
  /** Which entry of a score vector, channel of a heatmap or mask, or class of boxes it is. */
  index: z.number().int().min(0).max(10_000),
  operatingPoints: z
    .array(operatingPointSchema)
    .min(1)
    .refine((points) => new Set(points.map((point) => point.id)).size === points.length, {
      message: 'ids must differ',
    })
    .refine(isOnlyDefault, { message: 'exactly one must be the default' }),
  calibration: calibrationSchema.optional(),
  /** Cells at or above the threshold make a finding where at least so many touch by their sides. */
  heatmap: z.strictObject({ threshold: unit, minimumCells: z.number().int().min(1) }).optional(),
  validation: validationSchema.optional(),
});
export type Label = z.output<typeof labelSchema>;

/** How one score comes from many: of an image, the largest of its tiles; of a study, its images' or slices' pooled. */
export const poolingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('max') }),
  /** The mean of the k largest. */
  z.strictObject({ kind: z.literal('mean-of-top'), k: z.number().int().min(1).max(1000) }),
  /** 1 - (1 - s1)(1 - s2)... */
  z.strictObject({ kind: z.literal('noisy-or') }),
]);

/** The operating point that decides whether a study is flagged for a label. */
export function defaultOperatingPoint(label: Pick<Label, 'operatingPoints'>): OperatingPoint {
  const [first] = label.operatingPoints;
  const point = label.operatingPoints.find((candidate) => candidate.default === true) ?? first;
  if (point === undefined) throw new RangeError('a label without operating point');
  return point;
}

/** The first label: the one that is shown where there is room for one. */
export function mainLabel({ labels }: { readonly labels: readonly Label[] }): Label {
  const [first] = labels;
  if (first === undefined) throw new RangeError('a manifest without label');
  return first;
}
