/** Loads the images of a stack around the one that is looked at, in the direction in which the reader goes. */
import { cache, Enums } from '@cornerstonejs/core';
import { imageMemory } from './cornerstone-memory.ts';
import { loadNeighbour } from './cornerstone-prefetch.ts';
import { nextToLoad } from './neighbours.ts';

/** A browser opens six connections to a server: two stay free for the image that is asked for now. */
const AT_ONCE = 4;
/** Of the cache; the rest is for what was looked at before, and for the next study. */
const SHARE_OF_CACHE = 0.6;
/** Until the size of the first image is known. */
const FIRST_WINDOW = 16;

/** Loaders that share the cache: one for each viewport that shows a stack. */
let active = 0;

function placeOf(event: Event): number | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (typeof detail !== 'object' || detail === null || !('imageIdIndex' in detail)) return null;
  return typeof detail.imageIdIndex === 'number' ? detail.imageIdIndex : null;
}

export class NeighbourLoader {
  readonly #element: HTMLElement;
  #stop: AbortController | null = null;
  #imageIds: readonly string[] = [];
  #index = 0;
  #direction: 1 | -1 = 1;
  readonly #loading = new Set<string>();

  /** @param element the viewport's, which tells of each new image */
  constructor(element: HTMLElement) {
    this.#element = element;
  }

  start(imageIds: readonly string[], index: number): void {
    this.stop();
    if (imageIds.length < 2) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#imageIds = imageIds;
    this.#index = index;
    this.#direction = 1;
    active += 1;
    stop.signal.addEventListener('abort', () => {
      active -= 1;
    });
    const onNewImage = (event: Event) => {
      const place = placeOf(event);
      if (place === null || place === this.#index) return;
      this.#direction = place > this.#index ? 1 : -1;
      this.#index = place;
      this.#fill();
    };
    const { signal } = stop;
    this.#element.addEventListener(Enums.Events.STACK_NEW_IMAGE, onNewImage, { signal });
    this.#fill();
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  /** How many images fit, by the size of the one on the screen. */
  #window(): number {
    const shown = this.#imageIds[this.#index];
    const bytes = shown === undefined ? undefined : cache.getImage(shown)?.sizeInBytes;
    if (bytes === undefined || bytes <= 0) return FIRST_WINDOW;
    return Math.floor((cache.getMaxCacheSize() * SHARE_OF_CACHE) / bytes / Math.max(1, active));
  }

  #next(window: number): string | undefined {
    const imageIds = this.#imageIds;
    const place = nextToLoad({
      count: imageIds.length,
      index: this.#index,
      direction: this.#direction,
      window,
      isSettled: (each) => {
        const imageId = imageIds[each] ?? '';
        return (
          imageMemory.isLoaded(imageId) ||
          imageMemory.hasFailed(imageId) ||
          this.#loading.has(imageId)
        );
      },
    });
    return place === null ? undefined : imageIds[place];
  }

  #fill(): void {
    if (this.#stop === null) return;
    const window = this.#window();
    const atOnce = Math.max(1, Math.floor(AT_ONCE / Math.max(1, active)));
    while (this.#loading.size < atOnce) {
      const imageId = this.#next(window);
      if (imageId === undefined) return;
      this.#loading.add(imageId);
      void loadNeighbour(imageId).finally(() => {
        this.#loading.delete(imageId);
        // What is asked for next depends on where the reader is by then.
        this.#fill();
      });
    }
  }
}
