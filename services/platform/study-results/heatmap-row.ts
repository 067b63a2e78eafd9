import type { Selectable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { HeatmapTransform } from '#core/finding.ts';
import type { HeatmapTable } from '../database/analysis-tables.ts';

type HeatmapRow = Selectable<HeatmapTable>;

const FLOAT32_BYTES = 4;

/**
 * The cells of a stored heatmap, row by row, 0 to 1.
 * @throws RadTriageError INTERNAL where it has not the size that it states
 */
export function readHeatmapValues({ heatmapId, width, height, values }: HeatmapRow): Float32Array {
  const length = width * height;
  if (values.length !== length * FLOAT32_BYTES) {
    throw new RadTriageError('INTERNAL', 'a stored heatmap has not the size that it states', {
      details: { heatmapId },
    });
  }
  return Float32Array.from({ length }, (_, index) => values.readFloatLE(index * FLOAT32_BYTES));
}

/** From its cells to pixels of its image. */
export function heatmapTransform({
  scaleX,
  scaleY,
  originX,
  originY,
}: HeatmapRow): HeatmapTransform {
  return { scaleX, scaleY, originX, originY };
}

/** Whether a cell says how much of the score comes from there, not how strongly the model reacts there. */
export function isShareOfScore({ origin }: Pick<HeatmapRow, 'origin'>): boolean {
  return origin === 'occlusion' || origin === 'rise';
}
