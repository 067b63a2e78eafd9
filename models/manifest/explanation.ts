import { z } from 'zod';

const budgetMs = z.number().int().min(100).max(600_000);
/** [rows, columns] of the map. */
const grid = z.tuple([z.number().int().min(2).max(64), z.number().int().min(2).max(64)]);

/** How a heatmap is made for a model that only scores: by what its score does when parts of the image are hidden. */
export const explanationSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('occlusion'), budgetMs, grid: grid.optional() }),
  z.strictObject({
    method: z.literal('rise'),
    budgetMs,
    grid: grid.optional(),
    masks: z.number().int().min(50).max(20_000).optional(),
  }),
]);
export type Explanation = z.output<typeof explanationSchema>;
