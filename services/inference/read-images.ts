import { setImmediate } from 'node:timers/promises';
import { toRadTriageError } from '#core/errors.ts';
import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import { imageFacts } from '#models/manifest/image-facts.ts';
import { orderSlices } from '#models/manifest/slice-order.ts';
import type { TriageBlobs } from './dependencies.ts';
import type { ImageRow, TriageImage } from './triage-types.ts';

/** Where an image lies on this machine. */
export function sourceOf(
  row: ImageRow,
  blobs: Pick<TriageBlobs, 'pathOf'>,
): PixelSource & { path: string } {
  const { transferSyntaxUid, dataSetOffset, blobPath } = row;
  return { path: blobs.pathOf(blobPath), dataSetOffset, transferSyntaxUid };
}

/**
 * What selection needs of each image's header. A header that cannot be read is that image's problem alone.
 * @throws RadTriageError STORAGE_FAILED when a kept object cannot be reached: another try may help
 */
export async function readImages(
  rows: readonly ImageRow[],
  blobs: Pick<TriageBlobs, 'pathOf'>,
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

function readImage(row: ImageRow, blobs: Pick<TriageBlobs, 'pathOf'>): TriageImage {
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
