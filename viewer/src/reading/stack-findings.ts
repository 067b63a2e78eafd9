import type { StudyDetail } from '#contracts/study.ts';
import type { ImageStack } from './image-stacks.ts';
import type { Mark } from './marks.ts';

/** A mark with the place of its image in the stack, from 0. */
export interface PlacedMark {
  readonly mark: Mark;
  readonly image: number;
}

const keyOf = (sopInstanceUid: string, frame: number) => `${sopInstanceUid} ${frame}`;

function placesOf(stack: ImageStack): ReadonlyMap<string, number> {
  return new Map(
    stack.images.map(({ sopInstanceUid, frame }, place) => [keyOf(sopInstanceUid, frame), place]),
  );
}

/** The marks that lie on images of this stack, the first image's first. */
export function marksInStack(stack: ImageStack, marks: readonly Mark[]): PlacedMark[] {
  const places = placesOf(stack);
  return marks
    .flatMap((mark) => {
      if (mark.sopInstanceUid === null) return [];
      const image = places.get(keyOf(mark.sopInstanceUid, mark.frame ?? 1));
      return image === undefined ? [] : [{ mark, image }];
    })
    .toSorted((a, b) => a.image - b.image);
}

/** The highest peak of each image's heatmaps; null where it has none. */
export function peaksInStack(
  stack: ImageStack,
  heatmaps: StudyDetail['heatmaps'],
): (number | null)[] {
  const places = placesOf(stack);
  const peaks: (number | null)[] = stack.images.map(() => null);
  for (const { sopInstanceUid, frame, peak } of heatmaps) {
    const image = places.get(keyOf(sopInstanceUid, frame));
    if (image !== undefined) peaks[image] = Math.max(peaks[image] ?? 0, peak);
  }
  return peaks;
}

/** The nearest image with a mark before or after this one; null when there is none: it does not go round the end. */
export function nextMarkedImage(
  placed: readonly PlacedMark[],
  from: number,
  by: 1 | -1,
): number | null {
  const images = placed.map(({ image }) => image);
  const there = images.filter((image) => (by === 1 ? image > from : image < from));
  return (by === 1 ? there[0] : there.at(-1)) ?? null;
}

/** Peaks drawn as one bar, images `from` up to but without `to`. */
export interface PeakBar {
  readonly from: number;
  readonly to: number;
  readonly peak: number;
}

/** So many bars at most: on the lowest screen each is still a few pixels high. */
const BARS = 150;

/** Bars for a stack of any length: of neighbours that share one, the highest peak counts, so that none is lost. */
export function peakBars(peaks: readonly (number | null)[]): PeakBar[] {
  const size = Math.ceil(peaks.length / BARS);
  const bars: PeakBar[] = [];
  for (let from = 0; from < peaks.length; from += size) {
    const to = Math.min(peaks.length, from + size);
    const known = peaks.slice(from, to).filter((peak) => peak !== null);
    if (known.length > 0) bars.push({ from, to, peak: Math.max(...known) });
  }
  return bars;
}

/** How near, in CSS pixels, a click has to come to a mark to mean its image: a slice of many is thinner than a pixel. */
const REACH = 4;

/** The image at a height of the strip. @param height of the whole strip, as y in CSS pixels */
export function imageAt(
  y: number,
  { height, count }: { readonly height: number; readonly count: number },
  placed: readonly PlacedMark[],
): number {
  const plain = Math.max(0, Math.min(count - 1, Math.floor((y / height) * count)));
  const distance = (image: number) => Math.abs(((image + 0.5) / count) * height - y);
  const nearest = placed.toSorted((a, b) => distance(a.image) - distance(b.image))[0];
  if (nearest === undefined || height / count >= 2 * REACH) return plain;
  return distance(nearest.image) <= REACH ? nearest.image : plain;
}
