import type { RankedMap } from '../explain/faithfulness.ts';
import { boxToStored, type InputPlace, type PlacedMap } from '../preprocess/place.ts';

/**
 * A map over the image as stored, as one over a network's input: in cells of the same size, each with the value of the
 * cell that its centre lies in; 0 where the map does not reach, such as over padding.
 */
export function mapOverInput(map: PlacedMap, place: InputPlace): RankedMap {
  const { transform } = map;
  const { transpose } = place.orientation;
  const [cellWidth, cellHeight] = transpose
    ? [transform.scaleY, transform.scaleX]
    : [transform.scaleX, transform.scaleY];
  const cellsAlong = (length: number, cell: number) => Math.max(1, Math.round(length / cell));
  const columns = cellsAlong(place.input.columns * place.scaleX, cellWidth);
  const rows = cellsAlong(place.input.rows * place.scaleY, cellHeight);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = ((column + 0.5) / columns) * place.input.columns * place.scaleX + place.originX;
      const y = ((row + 0.5) / rows) * place.input.rows * place.scaleY + place.originY;
      values[row * columns + column] = valueAt(map, boxToStored([x, y, 0, 0], place));
    }
  }
  return { values, rows, columns };
}

function valueAt(
  { values, rows, columns, transform }: PlacedMap,
  [x, y]: readonly [number, number, number, number],
): number {
  const column = Math.floor((x - transform.originX) / transform.scaleX);
  const row = Math.floor((y - transform.originY) / transform.scaleY);
  if (column < 0 || row < 0 || column >= columns || row >= rows) return 0;
  return values[row * columns + column] ?? 0;
}
