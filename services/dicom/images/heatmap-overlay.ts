import type { HeatmapTransform } from '#core/finding.ts';
import { blendPixel, type Canvas, type Color } from './canvas.ts';

interface Heatmap {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  readonly transform: HeatmapTransform;
}

/** Cells below this are not painted: a faint veil over the whole image helps nobody. */
export const VISIBLE_FROM = 0.15;
const MAX_OPACITY = 0.55;

/**
 * Paints a heatmap over a canvas, bilinear between cell centres; beyond the outermost centres the edge cells go on, and
 * beyond the map nothing is painted.
 * @param scale canvas pixels per source pixel
 */
export function blendHeatmap(
  canvas: Canvas,
  heatmap: Heatmap,
  scale: { x: number; y: number },
): void {
  const { scaleX, scaleY, originX, originY } = heatmap.transform;
  for (let y = 0; y < canvas.height; y += 1) {
    const row = ((y + 0.5) / scale.y - originY) / scaleY;
    if (row < 0 || row > heatmap.rows) continue;
    for (let x = 0; x < canvas.width; x += 1) {
      const column = ((x + 0.5) / scale.x - originX) / scaleX;
      if (column < 0 || column > heatmap.columns) continue;
      const value = sampleCells(heatmap, row - 0.5, column - 0.5);
      if (!(value >= VISIBLE_FROM)) continue; // also NaN
      blendPixel(canvas, { x, y }, { color: warmColor(value), opacity: value * MAX_OPACITY });
    }
  }
}

/** Each cell as a pixel of its colour and opacity: interleaved RGBA of 8 bits. */
export function heatmapPixels(values: Float32Array): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(values.length * 4);
  for (const [index, given] of values.entries()) {
    const value = Math.min(Math.max(given, 0), 1);
    if (!(value >= VISIBLE_FROM)) continue; // also NaN
    pixels.set([...warmColor(value), Math.round(value * MAX_OPACITY * 255)], index * 4);
  }
  return pixels;
}

function sampleCells(heatmap: Heatmap, row: number, column: number): number {
  const top = Math.floor(row);
  const left = Math.floor(column);
  const down = row - top;
  const right = column - left;
  const upper = mix(cell(heatmap, top, left), cell(heatmap, top, left + 1), right);
  const lower = mix(cell(heatmap, top + 1, left), cell(heatmap, top + 1, left + 1), right);
  return mix(upper, lower, down);
}

function cell({ rows, columns, values }: Heatmap, row: number, column: number): number {
  const y = Math.min(Math.max(row, 0), rows - 1);
  const x = Math.min(Math.max(column, 0), columns - 1);
  return Math.min(Math.max(values[y * columns + x] ?? 0, 0), 1);
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** Yellow through orange to red: readable on grey, and told apart by lightness alone. */
export function warmColor(value: number): Color {
  return [255, Math.round(230 * (1 - value)), 0];
}
