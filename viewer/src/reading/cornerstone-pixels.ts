/** What the pixels of a decoded image say. */
import { type StackViewport, type Types, utilities } from '@cornerstonejs/core';
import type { Point } from './geometry.ts';
import type { Window } from './window-presets.ts';

export interface PixelValue {
  /** From 1. */
  readonly column: number;
  readonly row: number;
  /** Rescaled. */
  readonly value: number;
}

/** @param place source pixels; null beside the image and in colour */
export function pixelValue(image: Types.IImage, place: Point): PixelValue | null {
  const [column, row] = [Math.floor(place[0]), Math.floor(place[1])];
  if (image.color || column < 0 || row < 0) return null;
  if (column >= image.columns || row >= image.rows) return null;
  const stored = image.voxelManager?.getAtIJK(column, row, 0);
  if (typeof stored !== 'number') return null;
  // The loader has rescaled the pixels when it says so (modality LUT, PS3.3 C.11.1).
  const isRescaled = image.preScale?.scaled === true;
  const value = isRescaled ? stored : stored * image.slope + image.intercept;
  return { column: column + 1, row: row + 1, value };
}

const first = (value: number | number[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** The window that an image asks for itself. */
export function windowOf(image: Types.IImage | undefined): Window | null {
  const center = first(image?.windowCenter);
  const width = first(image?.windowWidth);
  return center === undefined || width === undefined ? null : { center, width };
}

/** The window in which the image is on the screen. */
export function windowShown(viewport: StackViewport): Window | null {
  const range = viewport.getProperties().voiRange;
  if (range == null) return null;
  const level = utilities.windowLevel.toWindowLevel(range.lower, range.upper);
  return { center: level.windowCenter, width: level.windowWidth };
}
