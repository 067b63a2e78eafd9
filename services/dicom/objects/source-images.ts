import { RadTriageError } from '#core/errors.ts';
import type { AiResult, BoundingBox, Finding, FindingRegion, SourceImage } from './types.ts';

/** The images that a result may speak of, by their SOP Instance UID. */
export type SourceImages = ReadonlyMap<string, SourceImage>;

/** @throws RadTriageError REQUEST_INVALID without an image: then there is no patient and no study to write */
export function indexImages(images: readonly SourceImage[]): {
  readonly first: SourceImage;
  readonly byUid: SourceImages;
} {
  const [first] = images;
  if (first === undefined) throw new RadTriageError('REQUEST_INVALID', 'a result needs its images');
  return { first, byUid: new Map(images.map((image) => [image.sopInstanceUid, image])) };
}

/** @throws RadTriageError REQUEST_INVALID for an image or a frame that is not among the sources */
export function imageOf(
  images: SourceImages,
  place: { readonly sopInstanceUid: string; readonly frame: number },
): SourceImage {
  const image = images.get(place.sopInstanceUid);
  if (image === undefined || place.frame < 1 || place.frame > image.numberOfFrames) {
    throw new RadTriageError(
      'REQUEST_INVALID',
      'a result names an image or frame that it has not',
      {
        details: { sopInstanceUid: place.sopInstanceUid, frame: place.frame },
      },
    );
  }
  return image;
}

/** @throws RadTriageError LOCATION_WITHHELD in triage-only mode, for an object whose sense is to show a place */
export function refuseInTriageOnly({ readingMode }: Pick<AiResult, 'readingMode'>): void {
  if (readingMode === 'triage-only') {
    throw new RadTriageError('LOCATION_WITHHELD', 'in triage-only mode no object shows a place');
  }
}

/** What still stands: a finding that the reader rejected is marked nowhere. */
export function standingFindings(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ verdict }) => verdict !== 'reject');
}

/** Regions with a box, cut to their image. */
export function boxedRegions(
  regions: readonly FindingRegion[],
  images: SourceImages,
): { readonly image: SourceImage; readonly frame: number; readonly box: BoundingBox }[] {
  return regions.flatMap((region) => {
    if (region.box === undefined) return [];
    const image = imageOf(images, region);
    return [{ image, frame: region.frame, box: cutToImage(region.box, image) }];
  });
}

function cutToImage(box: BoundingBox, image: SourceImage): BoundingBox {
  const x = Math.min(Math.max(box.x, 0), image.columns);
  const y = Math.min(Math.max(box.y, 0), image.rows);
  const right = Math.min(Math.max(box.x + box.width, x), image.columns);
  const bottom = Math.min(Math.max(box.y + box.height, y), image.rows);
  return { x, y, width: right - x, height: bottom - y };
}

/** The closed line around a box as (column, row) pairs, its first point again at the end. */
export function closedRectangle({ x, y, width, height }: BoundingBox): number[] {
  const [right, bottom] = [x + width, y + height];
  return [x, y, right, y, right, bottom, x, bottom, x, y];
}
