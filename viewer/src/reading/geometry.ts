import type { Box, HeatmapTransform } from '#core/finding.ts';

export type Point = readonly [x: number, y: number];

/** x' = a x + c y + e, y' = b x + d y + f, as DOMMatrix and canvas setTransform name them. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** The affine map that takes (0,0), (1,0) and (0,1) to the three points. */
export function affineFromPoints(origin: Point, right: Point, down: Point): Affine {
  return {
    a: right[0] - origin[0],
    b: right[1] - origin[1],
    c: down[0] - origin[0],
    d: down[1] - origin[1],
    e: origin[0],
    f: origin[1],
  };
}

export function applyAffine(affine: Affine, [x, y]: Point): Point {
  return [affine.a * x + affine.c * y + affine.e, affine.b * x + affine.d * y + affine.f];
}

/** null for a map that has no inverse (a viewport of no size). */
export function invertAffine({ a, b, c, d, e, f }: Affine): Affine | null {
  const determinant = a * d - b * c;
  if (!Number.isFinite(determinant) || Math.abs(determinant) < 1e-12) return null;
  return {
    a: d / determinant,
    b: -b / determinant,
    c: -c / determinant,
    d: a / determinant,
    e: (c * f - d * e) / determinant,
    f: (b * e - a * f) / determinant,
  };
}

/** From heatmap cells to the canvas: cells to source pixels, then source pixels to the canvas. */
export function heatmapToCanvas(sourceToCanvas: Affine, transform: HeatmapTransform): Affine {
  const { scaleX, scaleY, originX, originY } = transform;
  const [e, f] = applyAffine(sourceToCanvas, [originX, originY]);
  return {
    a: sourceToCanvas.a * scaleX,
    b: sourceToCanvas.b * scaleX,
    c: sourceToCanvas.c * scaleY,
    d: sourceToCanvas.d * scaleY,
    e,
    f,
  };
}

/** The four corners of a box on the canvas, in order around it. */
export function boxCorners(affine: Affine, [x, y, width, height]: Box): readonly Point[] {
  return [
    applyAffine(affine, [x, y]),
    applyAffine(affine, [x + width, y]),
    applyAffine(affine, [x + width, y + height]),
    applyAffine(affine, [x, y + height]),
  ];
}

/** Left, top, right and bottom of what the points span. */
export function boundsOf(points: readonly Point[]): readonly [number, number, number, number] {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export interface ImageSize {
  readonly columns: number;
  readonly rows: number;
}

const MINIMUM_SIDE = 4;
const tenth = (value: number) => Math.round(value * 10) / 10;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/**
 * The box that a drag from one source pixel position to another spans, kept inside the image.
 * null when it is too small to have been meant.
 */
export function boxFromDrag(from: Point, to: Point, size: ImageSize): Box | null {
  const left = clamp(Math.min(from[0], to[0]), 0, size.columns);
  const right = clamp(Math.max(from[0], to[0]), 0, size.columns);
  const top = clamp(Math.min(from[1], to[1]), 0, size.rows);
  const bottom = clamp(Math.max(from[1], to[1]), 0, size.rows);
  if (right - left < MINIMUM_SIDE || bottom - top < MINIMUM_SIDE) return null;
  return [tenth(left), tenth(top), tenth(right - left), tenth(bottom - top)];
}

/** The part of a box that a drag has hold of: inside, or a corner by its two signs. */
export type Grip = 'move' | 'nw' | 'ne' | 'se' | 'sw';
export const CORNERS: readonly Grip[] = ['nw', 'ne', 'se', 'sw'];

/** The box after its grip was dragged by (dx, dy) source pixels; it keeps inside the image. */
export function dragBox(box: Box, grip: Grip, [dx, dy]: Point, size: ImageSize): Box {
  const [x, y, width, height] = box;
  if (grip === 'move') {
    const left = clamp(x + dx, 0, Math.max(0, size.columns - width));
    const top = clamp(y + dy, 0, Math.max(0, size.rows - height));
    return [tenth(left), tenth(top), width, height];
  }
  const fixed: Point = [grip.endsWith('w') ? x + width : x, grip.startsWith('n') ? y + height : y];
  const moving: Point = [
    (grip.endsWith('w') ? x : x + width) + dx,
    (grip.startsWith('n') ? y : y + height) + dy,
  ];
  return boxFromDrag(fixed, moving, size) ?? box;
}
