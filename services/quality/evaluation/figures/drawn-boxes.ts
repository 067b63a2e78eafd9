import type { Box } from '#core/finding.ts';
import { rate } from '#core/statistics/confusion.ts';
import type { LocalisationFigures } from '../report-schema.ts';

/** Overlap (intersection over union) from which a drawn box counts as the reference box. */
const MINIMUM_IOU = 0.3;

export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

/** Drawn boxes, the highest first, each take the free reference box that they overlap most. */
export function countMatches(drawn: readonly Box[], lesions: readonly Box[]): number {
  const free = [...lesions];
  let matched = 0;
  for (const box of drawn) {
    const overlaps = free.map((lesion) => intersectionOverUnion(box, lesion));
    const best = Math.max(0, ...overlaps);
    if (best < MINIMUM_IOU) continue;
    free.splice(overlaps.indexOf(best), 1);
    matched += 1;
  }
  return matched;
}

interface Image {
  readonly drawn: readonly Box[];
  readonly lesions: readonly Box[];
}

/** @param images those flagged: on others the product draws nothing */
export function countDrawn(images: readonly Image[]): LocalisationFigures['drawn'] {
  let [matched, drawn, lesions] = [0, 0, 0];
  for (const image of images) {
    matched += countMatches(image.drawn, image.lesions);
    drawn += image.drawn.length;
    lesions += image.lesions.length;
  }
  return {
    minimumIou: MINIMUM_IOU,
    images: images.length,
    precision: rate(matched, drawn),
    recall: rate(matched, lesions),
  };
}
