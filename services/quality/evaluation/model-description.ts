import { z } from 'zod';

const operatingPointSchema = z.strictObject({
  id: z.string(),
  threshold: z.number(),
  isDefault: z.boolean(),
});
export type EvaluatedPoint = z.output<typeof operatingPointSchema>;

/** What an evaluation tells of the model. */
export const modelDescriptionSchema = z.strictObject({
  id: z.string(),
  version: z.string(),
  sha256: z.string(),
  /** Of what in the manifest decides about scores: another window is another model. */
  scoringSha256: z.string(),
  title: z.string(),
  demonstration: z.boolean(),
  intendedUse: z.string(),
  labels: z.array(
    z.strictObject({
      id: z.string(),
      label: z.string(),
      operatingPoints: z.array(operatingPointSchema).min(1),
    }),
  ),
});
export type ModelDescription = z.output<typeof modelDescriptionSchema>;
export type EvaluatedLabel = ModelDescription['labels'][number];

/** The point that flags. */
export function defaultPoint(label: EvaluatedLabel): EvaluatedPoint {
  const [first] = label.operatingPoints;
  const found = label.operatingPoints.find((point) => point.isDefault) ?? first;
  if (found === undefined) throw new RangeError('a label without operating point');
  return found;
}
