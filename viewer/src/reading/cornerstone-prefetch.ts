/** Images fetched and decoded before anybody looks at them. */
import { cache, Enums, getShouldUseCPURendering, imageLoader } from '@cornerstonejs/core';
import { AHEAD_HEADERS } from '../api/client.ts';

/** Those of a study that is not open: their requests say so. */
const ahead = new Set<string>();

/**
 * A frame alone, as it is kept (PS3.18 8.7.3). The loader asks for multipart/related, and then looks through every byte
 * of it for the boundary and copies what lies before it: a tenth of a second for a radiograph.
 */
const FRAME_HEADERS = { Accept: 'application/octet-stream; transfer-syntax=*' } as const;

/** The loader asks this for the headers of each request. */
export async function headersOf(
  _request: XMLHttpRequest,
  imageId: string,
): Promise<Record<string, string>> {
  return ahead.has(imageId) ? { ...FRAME_HEADERS, ...AHEAD_HEADERS } : FRAME_HEADERS;
}

/** As a viewport would load it, so that it takes the image as it is. */
function load(
  imageId: string,
  requestType: Enums.RequestType = Enums.RequestType.Prefetch,
): Promise<unknown> {
  const options = { useRGBA: getShouldUseCPURendering(), requestType, priority: 5 };
  return imageLoader.loadAndCacheImage(imageId, options);
}

/** Loads an image of the open study that may be looked at next; one that cannot be had is told by the image memory. */
export async function loadNeighbour(imageId: string): Promise<void> {
  await load(imageId).catch(() => undefined);
}

/** Loads the image that is looked at first, before there is a viewport for it; what fails here, fails there again. */
export async function loadNow(imageId: string): Promise<void> {
  await load(imageId, Enums.RequestType.Interaction).catch(() => undefined);
}

/** Loads images of a study that is not open, one after the other, until stopped. */
export async function loadAhead(imageIds: readonly string[], signal: AbortSignal): Promise<void> {
  for (const imageId of imageIds) {
    if (signal.aborted) return;
    if (cache.getImageLoadObject(imageId) !== undefined) continue;
    ahead.add(imageId);
    await load(imageId).catch(() => undefined);
    ahead.delete(imageId);
  }
}
