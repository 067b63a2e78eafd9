import type { ModelInput } from '../manifest/input.ts';
import type { Size } from './letterbox.ts';
import type { Region } from './place.ts';

/**
 * The tiles that cover an image, row by row: as few as leave the wanted overlap, evenly spread, none of them reaching
 * over the edge. An image smaller than a tile is one tile of its own size.
 */
export function layTiles(image: Size, tiles: NonNullable<ModelInput['tiles']>): Region[] {
  const [tileRows, tileColumns] = tiles.size;
  const rows = Math.min(tileRows, image.rows);
  const columns = Math.min(tileColumns, image.columns);
  const tops = startsOf(image.rows, rows, tiles.overlap);
  const lefts = startsOf(image.columns, columns, tiles.overlap);
  return tops.flatMap((top) => lefts.map((left) => ({ left, top, rows, columns })));
}

function startsOf(length: number, tile: number, overlap: number): number[] {
  const room = length - tile;
  if (room <= 0) return [0];
  const steps = Math.max(1, Math.ceil(room / (tile * (1 - overlap))));
  return Array.from({ length: steps + 1 }, (_, i) => Math.floor((i * room) / steps + 0.5));
}
