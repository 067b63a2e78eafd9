import { GLYPH_COLUMNS, GLYPH_ROWS, glyphOf } from './glyphs.ts';

export type Color = readonly [red: number, green: number, blue: number];

/** Interleaved RGB pixels that marks are burned into. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Mixes a colour into one pixel; outside the canvas nothing happens. @param opacity 0 to 1 */
export function blendPixel(
  canvas: Canvas,
  place: { x: number; y: number },
  paint: { color: Color; opacity: number },
): void {
  const { x, y } = place;
  if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) return;
  const at = (y * canvas.width + x) * 3;
  for (let sample = 0; sample < 3; sample += 1) {
    const below = canvas.rgb[at + sample] ?? 0;
    const above = paint.color[sample] ?? 0;
    canvas.rgb[at + sample] = Math.round(below + (above - below) * paint.opacity);
  }
}

/** A rectangle in pixels of the canvas. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function fillRectangle(
  canvas: Canvas,
  rectangle: Rectangle,
  paint: { color: Color; opacity: number },
): void {
  const left = Math.max(0, Math.round(rectangle.left));
  const top = Math.max(0, Math.round(rectangle.top));
  const right = Math.min(canvas.width, Math.round(rectangle.left + rectangle.width));
  const bottom = Math.min(canvas.height, Math.round(rectangle.top + rectangle.height));
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) blendPixel(canvas, { x, y }, paint);
  }
}

/** The four edges of a rectangle, drawn inward. */
export function outlineRectangle(
  canvas: Canvas,
  { left, top, width, height }: Rectangle,
  { color, thickness }: { color: Color; thickness: number },
): void {
  const paint = { color, opacity: 1 };
  const thick = Math.min(thickness, width, height);
  fillRectangle(canvas, { left, top, width, height: thick }, paint);
  fillRectangle(canvas, { left, top: top + height - thick, width, height: thick }, paint);
  fillRectangle(canvas, { left, top, width: thick, height }, paint);
  fillRectangle(canvas, { left: left + width - thick, top, width: thick, height }, paint);
}

/** Width of a text in pixels of the canvas. @param scale size of a dot */
export function textWidth(text: string, scale: number): number {
  return text.length * (GLYPH_COLUMNS + 1) * scale;
}

export function textHeight(scale: number): number {
  return GLYPH_ROWS * scale;
}

/** Writes a line of ASCII; other characters appear as a question mark. */
export function drawText(
  canvas: Canvas,
  text: string,
  { left, top, scale, color }: { left: number; top: number; scale: number; color: Color },
): void {
  const paint = { color, opacity: 1 };
  [...text].forEach((character, index) => {
    const x = left + index * (GLYPH_COLUMNS + 1) * scale;
    glyphOf(character).forEach((column, dx) => {
      for (let dy = 0; dy < GLYPH_ROWS; dy += 1) {
        if (((column >> dy) & 1) === 0) continue;
        const dot = { left: x + dx * scale, top: top + dy * scale, width: scale, height: scale };
        fillRectangle(canvas, dot, paint);
      }
    });
  });
}
