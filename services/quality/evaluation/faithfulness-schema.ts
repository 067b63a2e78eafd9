import { z } from 'zod';
import { MAP_ORIGINS } from './judged-map.ts';

const count = z.number().int().min(0);
const maybeInterval = z.tuple([z.number(), z.number()]).readonly().nullable();
const meanSchema = z.strictObject({ estimate: z.number(), interval: maybeInterval });
const curvePairSchema = z.strictObject({ map: z.array(z.number()), random: z.array(z.number()) });

/** Of one label, in report.json: whether the heatmap marks what the score comes from. */
export const faithfulnessSchema = z.strictObject({
  origin: z.enum(MAP_ORIGINS),
  /** Flagged images at hand, those judged, their patients, and those for which there was no map. */
  flagged: count,
  images: count,
  patients: count,
  withoutMap: count,
  /** Shares of the image that were deleted or inserted, 0 and 1 included. */
  fractions: z.array(z.number()),
  /** Mean score at each of them. */
  curves: z.strictObject({ deletion: curvePairSchema, insertion: curvePairSchema }),
  /** Mean areas under the curves; intervals from resampled patients. */
  maps: z.array(
    z.strictObject({
      name: z.enum(['map', 'centre', 'random']),
      deletion: meanSchema,
      insertion: meanSchema,
      deletionLessRandom: meanSchema.nullable(),
      insertionLessRandom: meanSchema.nullable(),
    }),
  ),
});
export type FaithfulnessFigures = z.output<typeof faithfulnessSchema>;
