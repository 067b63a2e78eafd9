/** Whether a stack can be shown in three planes. */
import { Enums, getShouldUseCPURendering, metaData } from '@cornerstonejs/core';
import type { ImageStack, StackImage } from './image-stacks.ts';
import { judgeSlices, type SlicePlane, type VolumeVerdict } from './volume-geometry.ts';

const isWhole = (value: unknown) => value === undefined || Number.isInteger(Number(value));

function sliceOf({ imageId, plane, columns, rows }: StackImage): SlicePlane | null {
  if (plane === null) return null;
  const lut = metaData.get(Enums.MetadataModules.MODALITY_LUT, imageId) ?? {};
  const bytesAPixel = isWhole(lut.rescaleSlope) && isWhole(lut.rescaleIntercept) ? 2 : 4;
  return { ...plane, columns, rows, bytesAPixel };
}

function isColoured({ imageId }: StackImage): boolean {
  const { samplesPerPixel } = metaData.get(Enums.MetadataModules.IMAGE_PIXEL, imageId) ?? {};
  return Number(samplesPerPixel ?? 1) > 1;
}

/** Whether the stack can be shown in other planes here, else why not. */
export function judgeVolume({ images, modality }: ImageStack): VolumeVerdict {
  if (modality !== 'CT' && modality !== 'MR') return 'few';
  const verdict = judgeSlices(images.map(sliceOf));
  if (verdict !== 'fits') return verdict;
  if (images.some(isColoured)) return 'coloured';
  return getShouldUseCPURendering() ? 'no-webgl' : 'fits';
}
