import type { StudyDetail } from '#contracts/study.ts';
import { frameMetadata } from './frame-metadata.ts';
import type { ImageSize } from './geometry.ts';
import { type DicomJson, factsOf, type ImageFacts, sliceOf } from './image-facts.ts';
import { READING_TEXT } from './text.ts';
import { dot } from './volume-geometry.ts';

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

type Series = StudyDetail['series'][number];

function titleOf(series: Series, place: number): string {
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

interface Frame {
  readonly instance: Series['instances'][number];
  /** From 1. */
  readonly frame: number;
  readonly metadata: DicomJson;
}

function framesOf(series: Series, metadata: ReadonlyMap<string, DicomJson>): Frame[] {
  return series.instances.flatMap((instance) => {
    const known = metadata.get(instance.sopInstanceUid);
    if (instance.kind !== 'image' || known === undefined) return [];
    return Array.from({ length: Math.max(1, instance.numberOfFrames) }, (_, index) => ({
      ...{ instance, frame: index + 1 },
      metadata: frameMetadata(known, index + 1),
    }));
  });
}

/** Slices that lean less than this against each other (cosine of their normals) lie behind each other. */
const SAME_WAY = 0.9;

/** By place along the normal when all lie one way, head first as on a light box; else by instance number and frame. */
function inOrder(frames: readonly Frame[]): Frame[] {
  const slices = frames.map((frame) => ({ frame, slice: sliceOf(frame.metadata) }));
  const way = slices[0]?.slice?.normal ?? null;
  const placed = slices.flatMap(({ frame, slice }) =>
    way === null || slice === null || dot(slice.normal, way) < SAME_WAY
      ? []
      : [{ frame, along: dot(slice.position, way) }],
  );
  if (placed.length === frames.length) {
    return placed.toSorted((a, b) => b.along - a.along).map(({ frame }) => frame);
  }
  const numberOf = ({ instance }: Frame) => instance.instanceNumber ?? 0;
  return frames.toSorted((a, b) => numberOf(a) - numberOf(b));
}

/** The stacks of a study, in the order of series numbers; frames of an enhanced image are images like any other. */
export function buildStacks(
  study: Pick<StudyDetail, 'studyInstanceUid' | 'series'>,
  metadata: ReadonlyMap<string, DicomJson>,
  origin: string,
): ImageStack[] {
  const bySeries = study.series.toSorted((a, b) => (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0));
  const stacks = bySeries.flatMap((series, place): ImageStack[] => {
    const { seriesInstanceUid, modality } = series;
    const base = `wadors:${origin}/dicomweb/studies/${study.studyInstanceUid}/series/${seriesInstanceUid}`;
    const images = inOrder(framesOf(series, metadata)).map((each): StackImage => {
      const { sopInstanceUid, columns, rows } = each.instance;
      return {
        ...factsOf(each.metadata, modality),
        imageId: `${base}/instances/${sopInstanceUid}/frames/${each.frame}`,
        ...{ sopInstanceUid, frame: each.frame, columns: columns ?? 0, rows: rows ?? 0 },
      };
    });
    if (images.length === 0) return [];
    return [{ seriesInstanceUid, modality, title: titleOf(series, place), images }];
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
