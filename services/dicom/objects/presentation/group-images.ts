import { readImageAttributes } from '../../attributes/read-attributes.ts';
import { imageOf, indexImages, standingFindings } from '../source-images.ts';
import type { AiResult, SourceImage } from '../types.ts';

/**
 * The images that get a presentation state, in groups that one state can serve: those of one series with a box of a
 * finding that stands. A state replaces the modality transformation of all its images by one of its own (PS3.3 C.11.6),
 * so that slices of different rescale values, or of different photometric interpretation, need states of their own.
 * Colour images are left out: they take another kind of state.
 */
export function groupForPresentation(
  result: AiResult,
  images: readonly SourceImage[],
): SourceImage[][] {
  if (result.readingMode === 'triage-only' || images.length === 0) return [];
  const { byUid } = indexImages(images);
  const marked = new Set(
    standingFindings(result.findings).flatMap(({ regions }) =>
      regions.filter(({ box }) => box !== undefined).map((region) => imageOf(byUid, region)),
    ),
  );
  const grey = [...marked].filter(isGrey);
  return [...Map.groupBy(grey, presentationKey).values()];
}

function isGrey(image: SourceImage): boolean {
  const { samplesPerPixel, photometricInterpretation } = readImageAttributes(image.header, 0);
  return (samplesPerPixel ?? 1) === 1 && (photometricInterpretation ?? '').startsWith('MONOCHROME');
}

/** What must be the same for images to share a state. */
export function presentationKey(image: SourceImage): string {
  const attributes = readImageAttributes(image.header, 0);
  const { rescaleSlope, rescaleIntercept, photometricInterpretation } = attributes;
  return JSON.stringify([
    image.seriesInstanceUid,
    rescaleSlope ?? 1,
    rescaleIntercept ?? 0,
    photometricInterpretation,
    // A lookup table is compared by the image that it belongs to.
    image.header.elements.has(MODALITY_LUT_SEQUENCE) ? image.sopInstanceUid : '',
  ]);
}

export const MODALITY_LUT_SEQUENCE = 0x00283000;
