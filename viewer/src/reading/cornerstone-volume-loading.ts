/** Loads the slices of a volume, from the point outwards and few at a time, so that leaving it leaves nothing in the queue. */
import { Enums, imageLoader, type StreamingImageVolume } from '@cornerstonejs/core';
import { imageMemory } from './cornerstone-memory.ts';

/** As many as the slices' own loader: the library would ask for all of them at once, and a browser serves them in turn. */
const AT_ONCE = 4;
/** As that of the slices that are loaded ahead. */
const PRIORITY = 5;

/**
 * @param from the slice that is looked at
 * @param signal ends it: what is on its way still comes, and nothing else is asked for
 */
export async function loadVolume(
  volume: StreamingImageVolume,
  from: string,
  signal: AbortSignal,
): Promise<void> {
  const middle = volume.imageIds.indexOf(from);
  const nearest = volume
    .getImageLoadRequests(PRIORITY)
    .toSorted((a, b) => Math.abs(a.imageIdIndex - middle) - Math.abs(b.imageIdIndex - middle));
  // What is in memory needs no turn.
  const waiting = nearest.toSorted(
    (a, b) => Number(imageMemory.isLoaded(b.imageId)) - Number(imageMemory.isLoaded(a.imageId)),
  );
  volume.loadStatus.loading = true;
  const asked = { priority: PRIORITY, requestType: Enums.RequestType.Prefetch };
  const turns = waiting.values();
  const loadInTurn = async () => {
    for (const { imageId, options } of turns) {
      if (signal.aborted) return;
      // A slice that cannot be had is told by the image memory.
      const image = await imageLoader
        .loadAndCacheImage(imageId, { ...options, ...asked })
        .catch(() => null);
      if (image !== null && !signal.aborted) volume.successCallback(imageId, image);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loadInTurn));
}
