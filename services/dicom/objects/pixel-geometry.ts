import type { HeatmapTransform } from '#core/finding.ts';
import { readImageAttributes } from '../attributes/read-attributes.ts';
import type { SourceImage } from './types.ts';

/** Where the pixels of one frame lie in the patient (PS3.3 C.7.6.2). */
export interface PlaneGeometry {
  readonly imagePositionPatient: readonly number[];
  readonly imageOrientationPatient: readonly number[];
  /** Between rows, then between columns, millimetres. */
  readonly pixelSpacing: readonly number[];
  readonly sliceThickness: number;
  readonly spacingBetweenSlices: number | undefined;
}

/** Undefined for a projection image, and where any of it is missing. @param frame from 1 */
export function planeGeometry(image: SourceImage, frame: number): PlaneGeometry | undefined {
  const attributes = readImageAttributes(image.header, frame - 1);
  const { imagePositionPatient, imageOrientationPatient, pixelSpacing } = attributes;
  if (image.frameOfReferenceUid === undefined) return undefined;
  if (!imagePositionPatient || !imageOrientationPatient || !pixelSpacing) return undefined;
  if (pixelSpacing.some((millimetres) => !(millimetres > 0))) return undefined;
  // The pixel measures of a plane need a thickness (PS3.3 C.7.6.16.2.1); none is made up.
  const sliceThickness = attributes.sliceThickness ?? attributes.spacingBetweenSlices;
  if (sliceThickness === undefined) return undefined;
  return {
    imagePositionPatient,
    imageOrientationPatient,
    pixelSpacing,
    sliceThickness,
    spacingBetweenSlices: attributes.spacingBetweenSlices,
  };
}

interface Cells {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  readonly transform: HeatmapTransform;
}

/**
 * The source pixels whose cell reaches the threshold, a byte each, 1 or 0. Each pixel has the value of the cell that its
 * centre lies in: cells are not smoothed, the mask shows how coarse the map is.
 */
export function maskPixels(
  { width, height, values, transform }: Cells,
  threshold: number,
  image: Pick<SourceImage, 'rows' | 'columns'>,
): Uint8Array {
  const mask = new Uint8Array(image.rows * image.columns);
  const columnOf = Int32Array.from({ length: image.columns }, (_, x) =>
    Math.floor((x + 0.5 - transform.originX) / transform.scaleX),
  );
  for (let y = 0; y < image.rows; y += 1) {
    const row = Math.floor((y + 0.5 - transform.originY) / transform.scaleY);
    if (row < 0 || row >= height) continue;
    for (let x = 0; x < image.columns; x += 1) {
      const column = columnOf[x] ?? -1;
      if (column < 0 || column >= width) continue;
      const value = values[row * width + column] ?? 0;
      if (value >= threshold) mask[y * image.columns + x] = 1;
    }
  }
  return mask;
}

/**
 * Frames of one bit a pixel, the first pixel in the lowest bit, one frame right behind the other without padding
 * (PS3.5 8.1.1; PS3.3 A.51).
 */
export function packBits(frames: readonly Uint8Array[]): Uint8Array {
  const total = frames.reduce((sum, frame) => sum + frame.length, 0);
  const packed = new Uint8Array(Math.ceil(total / 8));
  let at = 0;
  for (const frame of frames) {
    for (const bit of frame) {
      if (bit !== 0) packed[at >>> 3] = (packed[at >>> 3] ?? 0) | (1 << (at & 7));
      at += 1;
    }
  }
  return packed;
}
