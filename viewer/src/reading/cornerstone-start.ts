/** Starts Cornerstone3D once for the page, and makes images known to its loader. */
import { cache, init as initCore } from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import { startLoader } from './cornerstone-loader.ts';
import { headersOf } from './cornerstone-prefetch.ts';
import { startTools } from './cornerstone-tools.ts';
import { frameMetadata } from './frame-metadata.ts';
import type { DicomJson } from './image-facts.ts';
import type { ImageStack } from './image-stacks.ts';
import { withPaletteNumbers } from './palette.ts';

const CACHE_BYTES = 1024 ** 3;
/**
 * Panes are drawn one after the other: with one graphics context for all, its programs are compiled once and not once a
 * pane, and the first image does not wait until the seven of Cornerstone3D's own choice are made.
 */
const CONTEXTS = 1;

let started = false;

export function startCornerstone(): void {
  if (started) return;
  started = true;
  initCore({ rendering: { webGlContextCount: CONTEXTS }, debug: {} });
  initLoader({
    maxWebWorkers: Math.max(1, Math.min(4, (navigator.hardwareConcurrency ?? 2) - 1)),
    beforeSend: headersOf,
  });
  startLoader();
  startTools();
  cache.setMaxCacheSize(CACHE_BYTES);
}

/** Makes the metadata of each image known, without which no frame can be read. */
export function registerMetadata(
  stacks: readonly ImageStack[],
  metadata: ReadonlyMap<string, DicomJson>,
): void {
  // Before anything else: starting the loader forgets all metadata.
  startCornerstone();
  for (const { images } of stacks) {
    for (const { imageId, sopInstanceUid, frame } of images) {
      const instance = metadata.get(sopInstanceUid);
      if (instance === undefined) continue;
      wadors.metaDataManager.add(imageId, withPaletteNumbers(frameMetadata(instance, frame)));
    }
  }
}
