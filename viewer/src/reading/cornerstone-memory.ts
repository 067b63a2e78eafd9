/** What Cornerstone3D holds of images: which are decoded and which could not be, until their study is left. */
import { cache, Enums, eventTarget } from '@cornerstonejs/core';
import { wadors } from '@cornerstonejs/dicom-image-loader';
import { createImageMemory } from './image-memory.ts';
import type { ImageStack } from './image-stacks.ts';

export const imageMemory = createImageMemory();

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The image that an event of Cornerstone's cache or loader tells of. */
function imageIdOf(event: Event): string | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (!isObject(detail)) return null;
  if ('imageId' in detail && typeof detail.imageId === 'string') return detail.imageId;
  if (!('image' in detail) || !isObject(detail.image)) return null;
  const { image } = detail;
  return 'imageId' in image && typeof image.imageId === 'string' ? image.imageId : null;
}

function listen(name: Enums.Events, note: (imageId: string) => void): void {
  eventTarget.addEventListener(name, (event: Event) => {
    const imageId = imageIdOf(event);
    if (imageId !== null) note(imageId);
  });
}

listen(Enums.Events.IMAGE_CACHE_IMAGE_ADDED, imageMemory.noteLoaded);
listen(Enums.Events.IMAGE_CACHE_IMAGE_REMOVED, imageMemory.noteGone);
listen(Enums.Events.IMAGE_LOAD_FAILED, imageMemory.noteFailed);

function forgetImage(imageId: string): void {
  if (cache.getImageLoadObject(imageId) !== undefined) {
    cache.removeImageLoadObject(imageId, { force: true });
  }
  wadors.metaDataManager.remove(imageId);
  imageMemory.forget([imageId]);
}

/**
 * Pixels and metadata of the stacks are let go; those of an image that is on its way when it has come, since its decoder
 * reads them until then.
 * @param isHeld whether the study was opened again meanwhile
 */
export function forgetImages(stacks: readonly ImageStack[], isHeld: () => boolean): void {
  const imageIds = stacks.flatMap(({ images }) => images.map(({ imageId }) => imageId));
  for (const imageId of imageIds) {
    const loading = cache.isLoaded(imageId) ? undefined : cache.getImageLoadObject(imageId);
    if (loading === undefined) forgetImage(imageId);
    else {
      const whenDone = () => (isHeld() ? undefined : forgetImage(imageId));
      void loading.promise.then(whenDone, whenDone);
    }
  }
}
