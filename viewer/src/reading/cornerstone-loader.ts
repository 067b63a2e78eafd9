/** Loads images as Cornerstone3D does, and takes none that is not what its metadata describes. */
import { Enums, metaData, registerImageLoader, type Types } from '@cornerstonejs/core';
import { wadors } from '@cornerstonejs/dicom-image-loader';

/**
 * A codec that gives up may leave an image without pixels and say nothing: on the GPU it looks like one that is black,
 * and in software it keeps the other panes from being drawn.
 * @throws when the image is not as large as Rows and Columns say, or lacks pixels
 */
function checked(imageId: string, image: Types.IImage): Types.IImage {
  const { rows, columns } = metaData.get(Enums.MetadataModules.IMAGE_PIXEL, imageId) ?? {};
  const isWhole =
    image.rows === rows &&
    image.columns === columns &&
    image.getPixelData().length >= image.rows * image.columns &&
    image.rows * image.columns > 0;
  if (isWhole) return image;
  throw new Error('the decoded image is not what its metadata describes');
}

export function startLoader(): void {
  registerImageLoader('wadors', (imageId, options) => {
    const { promise, ...loading } = wadors.loadImage(imageId, options);
    return { ...loading, promise: promise.then((image) => checked(imageId, image)) };
  });
}

/** The image that an IMAGE_LOAD_ERROR tells of. */
export function failedImageId(event: Event): string | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (typeof detail !== 'object' || detail === null || !('imageId' in detail)) return null;
  return typeof detail.imageId === 'string' ? detail.imageId : null;
}
