import type { HeatmapTransform } from '#core/finding.ts';
import type { Mark } from './score-record.ts';

/** A heatmap with its place over the source pixels. */
export interface PlacedHeatmap {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly transform: HeatmapTransform;
}

/** So many are kept of an image: no FROC curve is told at more false marks than that. */
const MOST_MARKS = 20;
/** A mark is the largest cell within this share of the heatmap's longer side. */
const RADIUS_SHARE = 1 / 8;

/** Which rule makes marks of a heatmap, for the report. */
export const HIT_RULE =
  'A mark is a heatmap cell that is the largest within an eighth of the heatmap’s longer side around it (of a model that gives boxes: the centre of a box). It hits a lesion when its centre lies within the lesion’s reference box; a lesion counts once. A mark that hits none is false; all images whose lesions are known count for the false marks.';

/** The local maxima of a heatmap as places in source pixels, the highest first; those over padding are left out. */
export function findMarks(
  heatmap: PlacedHeatmap,
  source: { rows: number; columns: number },
): Mark[] {
  const { rows, columns, values, transform } = heatmap;
  const radius = Math.max(1, Math.round(Math.max(rows, columns) * RADIUS_SHARE));
  const marks: Mark[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (!isLargest(heatmap, { row, column, radius })) continue;
      const x = (column + 0.5) * transform.scaleX + transform.originX;
      const y = (row + 0.5) * transform.scaleY + transform.originY;
      if (x < 0 || y < 0 || x >= source.columns || y >= source.rows) continue;
      marks.push([round(x), round(y), values[row * columns + column] ?? 0]);
    }
  }
  return marks.sort((a, b) => b[2] - a[2]).slice(0, MOST_MARKS);
}

/** Of equal cells the first one counts, so that a level area is one mark. */
function isLargest(
  { values, rows, columns }: PlacedHeatmap,
  place: { row: number; column: number; radius: number },
): boolean {
  const { row, column, radius } = place;
  const own = row * columns + column;
  const value = values[own] ?? 0;
  if (value <= 0) return false;
  for (let y = Math.max(0, row - radius); y <= Math.min(rows - 1, row + radius); y += 1) {
    for (
      let x = Math.max(0, column - radius);
      x <= Math.min(columns - 1, column + radius);
      x += 1
    ) {
      const other = values[y * columns + x] ?? 0;
      if (other > value || (other === value && y * columns + x < own)) return false;
    }
  }
  return true;
}

/** A hundredth of a pixel is enough, and keeps the journal small. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
