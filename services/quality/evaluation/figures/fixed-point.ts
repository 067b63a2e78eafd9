import type { Box } from '#core/finding.ts';

const GRID = 32;

interface Image {
  readonly cluster: number;
  readonly rows: number;
  readonly columns: number;
  readonly lesions: readonly Box[];
}

/** Cells of a grid over the image whose centres lie in a box: 1, else 0. */
function coverage({ rows, columns, lesions }: Image): Uint8Array {
  const cells = new Uint8Array(GRID * GRID);
  for (let row = 0; row < GRID; row += 1) {
    for (let column = 0; column < GRID; column += 1) {
      const x = ((column + 0.5) / GRID) * columns;
      const y = ((row + 0.5) / GRID) * rows;
      const inside = lesions.some(
        ([left, top, width, height]) =>
          x >= left && x < left + width && y >= top && y < top + height,
      );
      if (inside) cells[row * GRID + column] = 1;
    }
  }
  return cells;
}

/**
 * What a model has to beat: the one place that lies in most boxes of all other patients, tried on each image.
 * @param images each with a lesion
 * @returns how many images it hits
 */
export function fixedPointHits(images: readonly Image[]): number {
  const covered = images.map((image) => ({ cluster: image.cluster, cells: coverage(image) }));
  const total = new Uint32Array(GRID * GRID);
  for (const { cells } of covered) add(total, cells, 1);
  let hits = 0;
  for (const own of Map.groupBy(covered, (image) => image.cluster).values()) {
    for (const { cells } of own) add(total, cells, -1);
    const best = total.indexOf(total.reduce((largest, value) => Math.max(largest, value), 0));
    hits += own.filter(({ cells }) => cells[best] === 1 && (total[best] ?? 0) > 0).length;
    for (const { cells } of own) add(total, cells, 1);
  }
  return hits;
}

function add(total: Uint32Array, cells: Uint8Array, sign: 1 | -1): void {
  for (const [index, cell] of cells.entries()) total[index] = (total[index] ?? 0) + sign * cell;
}
