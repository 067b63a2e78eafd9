import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { type Canvas, type Color, drawText, textHeight, textWidth } from './canvas.ts';
import { VISIBLE_FROM, warmColor } from './heatmap-overlay.ts';
import { type MarkOptions, renderMarkedFrame } from './render.ts';

const NOT_FOR_DIAGNOSIS = 'NOT FOR DIAGNOSIS';

export interface ResultPictureOptions extends MarkOptions {
  /** What is shown and by which model, in ASCII, a paragraph each; stands above the image. Never patient data. */
  readonly legend: readonly string[];
  /** What the heatmap's colours measure. */
  readonly unit?: string;
}

const TEXT_COLOR: Color = [255, 255, 255];
/** Distance of text from the edges, in dots. */
const MARGIN = 2;
/** Length of the scale of colours, in letters. */
const SCALE_LETTERS = 12;

/**
 * A frame with its marks between two bands of text: what it shows, by which model, what the colours mean, and that it is
 * not for diagnosis. The bands are put to the image, nothing of it is covered by them.
 */
export async function renderResultPicture(
  frame: DecodedFrame,
  options: ResultPictureOptions,
): Promise<Canvas> {
  const image = await renderMarkedFrame(frame, options);
  const dot = Math.max(1, Math.round(Math.min(image.width, image.height) / 450));
  const letters = Math.max(1, Math.floor((image.width - 4 * MARGIN * dot) / textWidth('x', dot)));
  const lines = options.legend.flatMap((paragraph) => wrap(paragraph, letters));
  const hasScale = options.heatmap !== undefined;
  const lineHeight = textHeight(dot) + MARGIN * dot;
  const bandHeight = (count: number) => Math.max(count, 1) * lineHeight + MARGIN * dot;
  const top = bandHeight(lines.length + (hasScale ? 1 : 0));
  const height = top + image.height + bandHeight(1);
  const canvas: Canvas = {
    width: image.width,
    height,
    rgb: new Uint8Array(image.width * height * 3),
  };
  canvas.rgb.set(image.rgb, top * image.width * 3);
  const left = 2 * MARGIN * dot;
  const yOf = (line: number) => MARGIN * dot + line * lineHeight;
  lines.forEach((line, index) => {
    drawText(canvas, line, { left, top: yOf(index), scale: dot, color: TEXT_COLOR });
  });
  if (hasScale) drawColorScale(canvas, { left, top: yOf(lines.length), dot, unit: options.unit });
  const bottom = top + image.height + MARGIN * dot;
  drawText(canvas, NOT_FOR_DIAGNOSIS, { left, top: bottom, scale: dot, color: TEXT_COLOR });
  return canvas;
}

/** From the faintest cell that is painted to the strongest. */
function drawColorScale(
  canvas: Canvas,
  place: { left: number; top: number; dot: number; unit: string | undefined },
): void {
  const { left, top, dot, unit } = place;
  const low = `${VISIBLE_FROM.toFixed(2)} `;
  const text = { top, scale: dot, color: TEXT_COLOR };
  drawText(canvas, low, { ...text, left });
  const start = left + textWidth(low, dot);
  const length = SCALE_LETTERS * textWidth('x', dot);
  for (let x = 0; x < length; x += 1) {
    const value = VISIBLE_FROM + ((1 - VISIBLE_FROM) * x) / Math.max(length - 1, 1);
    const color = warmColor(value);
    for (let y = 0; y < textHeight(dot) - dot; y += 1) {
      const at = ((top + y) * canvas.width + start + x) * 3;
      if (start + x < canvas.width) canvas.rgb.set(color, at);
    }
  }
  const meaning = unit === undefined ? '' : ` ${unit}`;
  drawText(canvas, ` 1.00${meaning}`, { ...text, left: start + length });
}

/** Lines of at most so many letters, broken between words where that can be. */
function wrap(paragraph: string, letters: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ').filter((each) => each !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= letters) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (line.length > letters) {
      lines.push(line.slice(0, letters));
      line = line.slice(letters);
    }
  }
  return line === '' ? lines : [...lines, line];
}
