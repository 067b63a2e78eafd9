import sharp from 'sharp';
import type { Box, HeatmapTransform } from '#core/finding.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import type { VoiWindow } from '../pixels/voi.ts';
import {
  type Canvas,
  type Color,
  drawText,
  outlineRectangle,
  textHeight,
  textWidth,
} from './canvas.ts';
import { type DisplayPixels, toDisplayPixels, toDisplayPixelsInTurns } from './display-pixels.ts';
import { blendHeatmap, heatmapPixels } from './heatmap-overlay.ts';

/** This file is the only owner of sharp on the DICOM side. */

export interface ThumbnailOptions {
  /** Longest edge in pixels; a smaller image is not enlarged. */
  readonly maxSize: number;
  readonly format?: 'png' | 'jpeg';
  /** Overrides the window of the object. */
  readonly window?: VoiWindow;
}

/** Cells from 0 to 1, row by row, and where they lie over the source pixels. */
export interface HeatmapOverlay {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  readonly transform: HeatmapTransform;
}

export interface MarkOptions {
  readonly heatmap?: HeatmapOverlay | undefined;
  /** In source pixels; labels in ASCII. */
  readonly boxes?: readonly { readonly box: Box; readonly label?: string }[];
  /** Longest edge in pixels. Smaller images are enlarged so that marks and text can be read. */
  readonly maxSize: number;
  readonly window?: VoiWindow;
}

/** A small picture of a frame for lists: VOI applied, MONOCHROME1 inverted, pixels made square. */
export async function renderThumbnail(
  frame: DecodedFrame,
  options: ThumbnailOptions,
): Promise<Buffer> {
  const pixels = toDisplayPixels(frame, options.window);
  const size = fitSize(frame, options.maxSize, { enlarge: false });
  const image = openPixels(pixels).resize({ ...size, fit: 'fill' });
  return options.format === 'jpeg'
    ? image.jpeg({ quality: 82 }).toBuffer()
    : image.png({ compressionLevel: 6 }).toBuffer();
}

export interface PictureOptions {
  readonly format: 'png' | 'jpeg';
  /** 1 to 100, of JPEG. */
  readonly quality: number;
  /** Overrides that of the object; its function too where it names one. */
  readonly window?: (VoiWindow & { readonly voiLutFunction?: string | undefined }) | undefined;
  /** The picture is fitted into this many pixels, enlarged where need be, its proportions kept. */
  readonly viewport?: { readonly width: number; readonly height: number } | undefined;
  /** What of the image is shown, in its own pixels. */
  readonly region?: PictureRegion | undefined;
}

export interface PictureRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Left and right, top and bottom changed round. */
  readonly flop: boolean;
  readonly flip: boolean;
}

/** A frame as a picture (PS3.18 8.3.5): VOI applied, MONOCHROME1 inverted; nothing is drawn into it. */
export async function renderPicture(frame: DecodedFrame, options: PictureOptions): Promise<Buffer> {
  const { format, quality, window, viewport, region } = options;
  const shown = { ...frame, voiLutFunction: window?.voiLutFunction ?? frame.voiLutFunction };
  let image = openPixels(await toDisplayPixelsInTurns(shown, window));
  let size: Pick<DecodedFrame, 'rows' | 'columns' | 'pixelSpacing'> = frame;
  if (region !== undefined) {
    const { left, top, width, height } = region;
    image = image.extract({ left, top, width, height }).flop(region.flop).flip(region.flip);
    size = { ...frame, rows: height, columns: width };
  }
  const longest = Math.max(size.rows, size.columns);
  const natural = fitSize(size, longest, { enlarge: false });
  const scale =
    viewport === undefined
      ? 1
      : Math.min(viewport.width / natural.width, viewport.height / natural.height);
  const width = Math.max(1, Math.round(natural.width * scale));
  const height = Math.max(1, Math.round(natural.height * scale));
  const resized = image.resize({ width, height, fit: 'fill' });
  return format === 'jpeg'
    ? resized.jpeg({ quality }).toBuffer()
    : resized.png({ compressionLevel: 6 }).toBuffer();
}

/** A frame as a monitor shows it, with heatmap and boxes burned in: interleaved RGB of 8 bits. */
export async function renderMarkedFrame(
  frame: DecodedFrame,
  options: MarkOptions,
): Promise<Canvas> {
  const size = fitSize(frame, options.maxSize, { enlarge: true });
  const rgb = await openPixels(toDisplayPixels(frame, options.window))
    .resize({ ...size, fit: 'fill' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  const canvas: Canvas = { ...size, rgb };
  const scale = { x: size.width / frame.columns, y: size.height / frame.rows };
  if (options.heatmap !== undefined) blendHeatmap(canvas, options.heatmap, scale);
  for (const { box, label } of options.boxes ?? []) drawBox(canvas, { box, label, scale });
  return canvas;
}

/**
 * The heatmap alone as PNG, a pixel a cell, clear where it is low: to be laid over an image by whoever shows both.
 */
export async function renderHeatmapCells(
  heatmap: Pick<HeatmapOverlay, 'rows' | 'columns' | 'values'>,
): Promise<Buffer> {
  const raw = { width: heatmap.columns, height: heatmap.rows, channels: 4 as const };
  return await sharp(heatmapPixels(heatmap.values), { raw }).png().toBuffer();
}

const BOX_COLOR: Color = [255, 214, 0];

function openPixels({ rows, columns, channels, values }: DisplayPixels): ReturnType<typeof sharp> {
  return sharp(values, { raw: { width: columns, height: rows, channels } });
}

/** Size with square pixels (PixelSpacing is rows, then columns), its longest edge at most `maxSize`. */
export function fitSize(
  frame: Pick<DecodedFrame, 'rows' | 'columns' | 'pixelSpacing'>,
  maxSize: number,
  { enlarge }: { enlarge: boolean },
): { width: number; height: number } {
  const [rowSpacing, columnSpacing] = frame.pixelSpacing ?? [1, 1];
  const ratio = (rowSpacing ?? 1) / (columnSpacing ?? 1);
  const usable = Number.isFinite(ratio) && ratio > 0.1 && ratio < 10 ? ratio : 1;
  const width = frame.columns / Math.min(usable, 1);
  const height = frame.rows * Math.max(usable, 1);
  const scale = maxSize / Math.max(width, height);
  const applied = enlarge ? scale : Math.min(scale, 1);
  return {
    width: Math.max(1, Math.round(width * applied)),
    height: Math.max(1, Math.round(height * applied)),
  };
}

/** Dots of the letters grow with the image, and shrink until the text fits its width. */
function textScale(canvas: Canvas, text: string): number {
  const wanted = Math.max(1, Math.round(Math.min(canvas.width, canvas.height) / 300));
  const fitting = Math.floor(canvas.width / Math.max(textWidth(text, 1), 1));
  return Math.max(1, Math.min(wanted, fitting));
}

function drawBox(
  canvas: Canvas,
  mark: { box: Box; label: string | undefined; scale: { x: number; y: number } },
): void {
  const [x, y, width, height] = mark.box;
  const { scale } = mark;
  const rectangle = {
    left: x * scale.x,
    top: y * scale.y,
    width: width * scale.x,
    height: height * scale.y,
  };
  const thickness = Math.max(1, Math.round(canvas.width / 400));
  outlineRectangle(canvas, rectangle, { color: BOX_COLOR, thickness });
  if (mark.label === undefined) return;
  const dots = textScale(canvas, mark.label);
  // Beside the box, but within the picture: a label that is cut off says nothing, or something else.
  const above = Math.round(rectangle.top) - textHeight(dots) - dots;
  const top = above >= 0 ? above : Math.round(rectangle.top + rectangle.height) + dots;
  const furthest = canvas.width - textWidth(mark.label, dots);
  const left = Math.max(0, Math.min(Math.round(rectangle.left), furthest));
  drawText(canvas, mark.label, { left, top, scale: dots, color: BOX_COLOR });
}
