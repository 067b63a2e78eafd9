import { setImmediate } from 'node:timers/promises';
import { toRadTriageError } from '#core/errors.ts';
import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import { imageFacts } from '#models/manifest/image-facts.ts';
import { orderSlices } from '#models/manifest/slice-order.ts';
import type { TriageBlobs, TriageDependencies } from './dependencies.ts';
import type { DecodeTask, FrameOfImage, ImageRow, TriageImage } from './triage-types.ts';

function sourceOf(row: ImageRow, blobs: TriageBlobs): PixelSource & { path: string } {
  const { transferSyntaxUid, dataSetOffset, blobPath } = row;
  return { path: blobs.pathOf(blobPath), dataSetOffset, transferSyntaxUid };
}

/**
 * What selection needs of each image's header. A header that cannot be read is that image's problem alone.
 * @throws RadTriageError STORAGE_FAILED when a kept object cannot be reached: another try may help
 */
export async function readImages(
  rows: readonly ImageRow[],
  blobs: TriageBlobs,
): Promise<TriageImage[]> {
  const images: TriageImage[] = [];
  for (const row of rows) {
    images.push(readImage(row, blobs));
    // A study of thousands of images must not hold up the process's other work.
    await setImmediate();
  }
  return inOrder(images);
}

/** The images of each series as they lie in space, where they say so: a stack is read from one end to the other. */
function inOrder(images: readonly TriageImage[]): TriageImage[] {
  const series = Map.groupBy(images, ({ row }) => row.seriesInstanceUid);
  return [...series.values()].flatMap((slices) =>
    orderSlices(slices, ({ facts, row }) => ({ facts, instanceNumber: row.instanceNumber })),
  );
}

function readImage(row: ImageRow, blobs: TriageBlobs): TriageImage {
  try {
    return {
      row,
      facts: imageFacts(readSourceAttributes(sourceOf(row, blobs))),
      problem: undefined,
    };
  } catch (thrown) {
    const problem = toRadTriageError(thrown, 'DICOM_STRUCTURE');
    if (problem.retryable) throw problem;
    return { row, facts: undefined, problem };
  }
}

/**
 * Decodes one frame in the decoder's own process.
 * @throws RadTriageError STORAGE_FAILED; any other failure is part of the answer
 */
export async function decodeFrame(
  { image, frame }: FrameOfImage,
  { decoder, blobs }: Pick<TriageDependencies, 'decoder' | 'blobs'>,
): Promise<DecodeTask> {
  const begin = performance.now();
  const ms = () => performance.now() - begin;
  try {
    const decoded = await decoder.decode({ ...sourceOf(image.row, blobs), frame: frame - 1 });
    return { image, frame, decoded, problem: undefined, ms: ms() };
  } catch (thrown) {
    const problem = toRadTriageError(thrown, 'PIXELS_UNDECODABLE');
    if (problem.retryable) throw problem;
    return { image, frame, decoded: undefined, problem, ms: ms() };
  }
}
