import type { StudyDetail } from '#contracts/study.ts';
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
  return inOrder.flatMap((series, place) => {
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
