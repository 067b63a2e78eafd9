import type { StudyDetail } from '#contracts/study.ts';
import type { ImageSize } from './geometry.ts';
import { type DicomJson, factsOf, type ImageFacts, slicePosition } from './image-facts.ts';
import { READING_TEXT } from './text.ts';

/** One image that can be drawn. */
export interface StackImage extends ImageFacts {
  readonly imageId: string;
  readonly sopInstanceUid: string;
  /** From 1 (PS3.3 C.7.6.6). */
  readonly frame: number;
  readonly columns: number;
  readonly rows: number;
  /** What a pane has room for when the image hangs in it, where that is more than the image itself; in its pixels. */
  readonly area?: ImageSize;
}

export interface ImageStack {
  readonly seriesInstanceUid: string;
  readonly modality: string | null;
  readonly title: string;
  readonly images: readonly StackImage[];
}

function titleOf(series: StudyDetail['series'][number], place: number): string {
  const number = series.seriesNumber ?? place + 1;
  return series.seriesDescription ?? READING_TEXT.seriesNumber(String(number));
}

/** Gives mammograms that lie at their chest walls room for the largest of them: so all have one scale, and can be compared. */
function inOneScale(stacks: readonly ImageStack[]): ImageStack[] {
  const sizes = stacks
    .flatMap(({ images }) => images)
    .flatMap(({ chestWall, pixelSize, columns, rows }) =>
      chestWall === null || pixelSize === null
        ? []
        : [{ width: columns * pixelSize.column, height: rows * pixelSize.row }],
    );
  const width = Math.max(...sizes.map((size) => size.width));
  const height = Math.max(...sizes.map((size) => size.height));
  const placed = (image: StackImage): StackImage => {
    const { chestWall, pixelSize } = image;
    if (chestWall === null || pixelSize === null) return image;
    return { ...image, area: { columns: width / pixelSize.column, rows: height / pixelSize.row } };
  };
  return stacks.map((stack) => ({ ...stack, images: stack.images.map(placed) }));
}

/**
 * The stacks of a study, in the order of series numbers; images by place along the normal when all have one, head first
 * as on a light box, else by instance number.
 */
export function buildStacks(
  study: Pick<StudyDetail, 'studyInstanceUid' | 'series'>,
  metadata: ReadonlyMap<string, DicomJson>,
  origin: string,
): ImageStack[] {
  const inOrder = study.series.toSorted((a, b) => (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0));
  const stacks = inOrder.flatMap((series, place): ImageStack[] => {
    const drawable = series.instances
      .filter((each) => each.kind === 'image' && metadata.has(each.sopInstanceUid))
      .map((instance) => ({
        instance,
        position: slicePosition(metadata.get(instance.sopInstanceUid)),
      }));
    const positioned = drawable.length > 1 && drawable.every((each) => each.position !== null);
    const sorted = drawable.toSorted((a, b) =>
      positioned
        ? (b.position ?? 0) - (a.position ?? 0)
        : (a.instance.instanceNumber ?? 0) - (b.instance.instanceNumber ?? 0),
    );
    const base = `wadors:${origin}/dicomweb/studies/${study.studyInstanceUid}/series/${series.seriesInstanceUid}`;
    const images = sorted.flatMap(({ instance }) => {
      const facts = factsOf(metadata.get(instance.sopInstanceUid), series.modality);
      return Array.from({ length: Math.max(1, instance.numberOfFrames) }, (_, index) => ({
        ...facts,
        imageId: `${base}/instances/${instance.sopInstanceUid}/frames/${index + 1}`,
        sopInstanceUid: instance.sopInstanceUid,
        frame: index + 1,
        columns: instance.columns ?? 0,
        rows: instance.rows ?? 0,
      }));
    });
    if (images.length === 0) return [];
    return [
      {
        seriesInstanceUid: series.seriesInstanceUid,
        modality: series.modality,
        title: titleOf(series, place),
        images,
      },
    ];
  });
  return inOneScale(stacks);
}

export interface ImagePlace {
  readonly stack: number;
  readonly image: number;
}

/** Where an image is shown, or null when it is in no stack. */
export function findImage(
  stacks: readonly ImageStack[],
  sopInstanceUid: string | null,
  frame: number | null,
): ImagePlace | null {
  for (const [stack, { images }] of stacks.entries()) {
    const image = images.findIndex(
      (each) => each.sopInstanceUid === sopInstanceUid && each.frame === (frame ?? 1),
    );
    if (image >= 0) return { stack, image };
  }
  return null;
}
