/** Where an image lies in a STACK viewport, and how it is moved: the same on the GPU and in software. CSS pixels. */
import { getShouldUseCPURendering, type StackViewport } from '@cornerstonejs/core';
import { type Affine, affineFromPoints, type Point } from './geometry.ts';
import type { StackImage } from './image-stacks.ts';
import type { Flips } from './orientation.ts';
import { isInPlace, ownScale, type PaneSize, type Placement, placementOf } from './placement.ts';

/**
 * Source pixels to CSS pixels; null without an image. Three points fix the affine map, whatever zoom, pan, flip and
 * rotation are.
 */
export function sourceToCanvas(viewport: StackViewport): Affine | null {
  const image = viewport.getImageData();
  if (!image) return null;
  const { origin, spacing, direction } = image;
  // On the GPU an index is the middle of its pixel; the software renderer draws pixels from their corners.
  const half = getShouldUseCPURendering() ? 0 : 0.5;
  const place = (x: number, y: number): Point => {
    const right = (x - half) * spacing[0];
    const down = (y - half) * spacing[1];
    const along = (axis: 0 | 1 | 2) =>
      origin[axis] + (direction[axis] ?? 0) * right + (direction[axis + 3] ?? 0) * down;
    return viewport.worldToCanvas([along(0), along(1), along(2)]);
  };
  return affineFromPoints(place(0, 0), place(1, 0), place(0, 1));
}

/** Enlarges about the middle of the viewport. */
export function zoomBy(viewport: StackViewport, factor: number): void {
  const { parallelScale, scale } = viewport.getCamera();
  // Without WebGL the parallel scale is read and written in different units when pixels are not square.
  if (getShouldUseCPURendering()) {
    if (scale !== undefined) viewport.setCamera({ scale: scale * factor });
  } else if (parallelScale !== undefined) {
    viewport.setCamera({ parallelScale: parallelScale / factor });
  }
}

/** Moves the image across the viewport. */
function moveBy(viewport: StackViewport, [x, y]: Point): void {
  const { focalPoint, position } = viewport.getCamera();
  if (focalPoint === undefined || position === undefined) return;
  const [from, to] = [viewport.canvasToWorld([0, 0]), viewport.canvasToWorld([x, y])];
  const moved = (point: readonly number[]): [number, number, number] => {
    const along = (axis: 0 | 1 | 2) => (point[axis] ?? 0) - (to[axis] - from[axis]);
    return [along(0), along(1), along(2)];
  };
  viewport.setCamera({ focalPoint: moved(focalPoint), position: moved(position) });
}

export function flip(viewport: StackViewport, axis: 'horizontal' | 'vertical'): void {
  const { flipHorizontal = false, flipVertical = false } = viewport.getCamera();
  viewport.setCamera(
    axis === 'horizontal' ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical },
  );
}

export function rotate(viewport: StackViewport, degrees: number): void {
  viewport.setViewPresentation({ rotation: (viewport.getRotation() + degrees + 360) % 360 });
}

/** The whole image as Cornerstone shows it at first; flips and rotation stay. */
export function resetZoom(viewport: StackViewport): void {
  const { flipHorizontal = false, flipVertical = false } = viewport.getCamera();
  const rotation = viewport.getRotation();
  viewport.resetCamera();
  viewport.setViewPresentation({ rotation });
  viewport.setCamera({ flipHorizontal, flipVertical });
}

/** The whole image turned by no more than these flips. */
export function resetTurns(viewport: StackViewport, { horizontal, vertical }: Flips): void {
  viewport.setCamera({ flipHorizontal: false, flipVertical: false });
  viewport.setViewPresentation({ rotation: 0 });
  viewport.resetCamera();
  viewport.setCamera({ flipHorizontal: horizontal, flipVertical: vertical });
}

/** The image that is drawn, and the scale that it has in common with those of other panes, CSS pixels a millimetre. */
export interface Drawn {
  readonly image: StackImage | undefined;
  readonly perMillimetre: number | null;
}

/** In software an image is drawn on a canvas that takes the new size of its element a moment later. */
function sizeOf({ canvas, element }: StackViewport): Pick<PaneSize, 'width' | 'height'> {
  if (!getShouldUseCPURendering()) {
    return { width: element.clientWidth, height: element.clientHeight };
  }
  // Its pixels are those of CSS, whatever the screen has (css-pixels.ts).
  return { width: canvas.width, height: canvas.height };
}

function inPane<T>(
  viewport: StackViewport,
  { image, perMillimetre }: Drawn,
  reckon: (affine: Affine, image: StackImage, pane: PaneSize) => T,
): T | null {
  const affine = sourceToCanvas(viewport);
  const { width, height } = sizeOf(viewport);
  if (image === undefined || affine === null || width === 0 || height === 0) return null;
  return reckon(affine, image, { width, height, perMillimetre });
}

/** What would bring the image to its place; null where there is none. */
const placementIn = (viewport: StackViewport, drawn: Drawn): Placement | null =>
  inPane(viewport, drawn, placementOf);

/** The scale in which it would lie by itself, CSS pixels a millimetre; null where it has none in common with others. */
export const ownScaleIn = (viewport: StackViewport, drawn: Drawn): number | null =>
  inPane(viewport, drawn, ownScale);

export function liesInPlace(viewport: StackViewport, drawn: Drawn): boolean {
  const { width, height } = sizeOf(viewport);
  const placement = placementIn(viewport, drawn);
  return placement !== null && isInPlace(placement, { width, height });
}

/** Brings an image to its place. */
export function place(viewport: StackViewport, drawn: Drawn): void {
  // Only a chest wall is to lie at its edge to the pixel.
  if (liesInPlace(viewport, drawn) && drawn.image?.chestWall == null) return;
  const grown = placementIn(viewport, drawn);
  if (grown === null) return;
  zoomBy(viewport, grown.factor);
  const moved = placementIn(viewport, drawn);
  if (moved !== null) moveBy(viewport, moved.shift);
}
