import { cellTransform, type InputPlace, type PlacedMap, turnedSize } from '../preprocess/place.ts';
import type { HeatmapValues } from './components.ts';

interface PlacedReading {
  readonly map: HeatmapValues;
  readonly place: InputPlace;
}

/** One map over the turned image of those over its tiles; where tiles overlap, the larger value. */
export function stitchMaps(parts: readonly PlacedReading[]): PlacedMap | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { scaleX, scaleY } = cellTransform(first.place, first.map);
  const image = turnedSize(first.place);
  const rows = Math.ceil(image.rows / scaleY);
  const columns = Math.ceil(image.columns / scaleX);
  const values = new Float32Array(rows * columns);
  const canvas = { values, rows, columns, transform: { scaleX, scaleY, originX: 0, originY: 0 } };
  for (const part of parts) paint(canvas, part);
  return canvas;
}

/** Each cell of the canvas takes the value of the part's cell that its middle lies in. */
function paint(canvas: PlacedMap, { map, place }: PlacedReading): void {
  const own = cellTransform(place, map);
  const { scaleX, scaleY } = canvas.transform;
  for (let row = 0; row < canvas.rows; row += 1) {
    const y = Math.floor(((row + 0.5) * scaleY - own.originY) / own.scaleY);
    if (y < 0 || y >= map.rows) continue;
    for (let column = 0; column < canvas.columns; column += 1) {
      const x = Math.floor(((column + 0.5) * scaleX - own.originX) / own.scaleX);
      if (x < 0 || x >= map.columns) continue;
      const at = row * canvas.columns + column;
      canvas.values[at] = Math.max(canvas.values[at] ?? 0, map.values[y * map.columns + x] ?? 0);
    }
  }
}

/** The longest side of a map that is kept. */
const LONGEST_SIDE = 512;

/** A map of at most so many cells a side; a larger one keeps the largest value of each group of cells. */
export function shrink(map: PlacedMap): PlacedMap {
  const step = Math.ceil(Math.max(map.rows, map.columns) / LONGEST_SIDE);
  if (step <= 1) return map;
  const rows = Math.ceil(map.rows / step);
  const columns = Math.ceil(map.columns / step);
  const values = new Float32Array(rows * columns);
  for (let y = 0; y < map.rows; y += 1) {
    for (let x = 0; x < map.columns; x += 1) {
      const at = Math.floor(y / step) * columns + Math.floor(x / step);
      values[at] = Math.max(values[at] ?? 0, map.values[y * map.columns + x] ?? 0);
    }
  }
  const { transform } = map;
  return {
    ...{ values, rows, columns },
    transform: { ...transform, scaleX: transform.scaleX * step, scaleY: transform.scaleY * step },
  };
}
