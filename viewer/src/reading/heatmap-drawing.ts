import type { Heatmap } from '#contracts/study.ts';
import { type ColourMap, colourOf, cssColour } from './colour-maps.ts';
import { contourLevels, contourLines } from './contour-lines.ts';
import type { Affine } from './geometry.ts';
import { paintHeatmap, rasterFactor } from './heatmap-raster.ts';

/** Where and how a heatmap goes onto a canvas. */
export interface Placement {
  /** Cells of the heatmap to CSS pixels. */
  readonly toCanvas: Affine;
  /** Pixels of the canvas in a CSS pixel. */
  readonly ratio: number;
}

/** A heatmap made ready once, and drawn at each rendering of the image. */
export type Draw = (context: CanvasRenderingContext2D, placement: Placement) => void;

interface Style {
  readonly threshold: number;
  readonly colours: ColourMap;
}

/** The coloured heat as a bitmap of its own; null when the browser gives no canvas. */
function rasterOf(heatmap: Heatmap, style: Style): HTMLCanvasElement | null {
  const raster = paintHeatmap(heatmap, style.threshold, style.colours);
  const canvas = document.createElement('canvas');
  canvas.width = raster.width;
  canvas.height = raster.height;
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.putImageData(new ImageData(raster.pixels, raster.width, raster.height), 0, 0);
  return canvas;
}

/** @param opacity 0 to 1 */
export function makeHeat(heatmap: Heatmap, style: Style, opacity: number): Draw | null {
  const raster = rasterOf(heatmap, style);
  if (raster === null) return null;
  return (context, { toCanvas: { a, b, c, d, e, f }, ratio }) => {
    const cell = ratio / rasterFactor(heatmap);
    context.setTransform(a * cell, b * cell, c * cell, d * cell, e * ratio, f * ratio);
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(raster, 0, 0);
  };
}

/** The lower line is thin, the higher one wide: told apart without their colours. CSS pixels. */
const LINE_WIDTHS = [1.5, 2.75] as const;
const HALO = 2;

function pathOf(pieces: readonly number[]): Path2D {
  const path = new Path2D();
  for (let at = 0; at + 3 < pieces.length; at += 4) {
    path.moveTo(pieces[at] ?? 0, pieces[at + 1] ?? 0);
    path.lineTo(pieces[at + 2] ?? 0, pieces[at + 3] ?? 0);
  }
  return path;
}

export function makeContours(heatmap: Heatmap, style: Style): Draw {
  const lines = contourLevels(style.threshold).map((level, place) => ({
    path: pathOf(contourLines(heatmap, level)),
    width: LINE_WIDTHS[place] ?? 1,
    colour: cssColour(colourOf(level, style.colours)),
  }));
  return (context, { toCanvas, ratio }) => {
    // The path is placed, and not the context: so lines are as wide however far the image is zoomed or squeezed.
    const matrix = new DOMMatrix().scale(ratio).multiply(DOMMatrix.fromMatrix(toCanvas));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.lineCap = 'round';
    for (const { path, width, colour } of lines) {
      const placed = new Path2D();
      placed.addPath(path, matrix);
      for (const [wide, ink] of [
        [width + HALO, 'rgb(0 0 0 / 60%)'],
        [width, colour],
      ] as const) {
        context.lineWidth = wide * ratio;
        context.strokeStyle = ink;
        context.stroke(placed);
      }
    }
  };
}
