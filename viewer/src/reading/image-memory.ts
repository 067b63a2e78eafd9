/** Which images stand decoded in memory and which could not be had, told to whoever shows it. */
export interface ImageMemory {
  isLoaded(imageId: string): boolean;
  hasFailed(imageId: string): boolean;
  /** Rises with every change. */
  version(): number;
  subscribe(listener: () => void): () => void;
  noteLoaded(imageId: string): void;
  noteGone(imageId: string): void;
  noteFailed(imageId: string): void;
  /** Nothing is remembered of these: their study was left. */
  forget(imageIds: Iterable<string>): void;
}

/** A stack of 1,000 images tells of each: the page is drawn anew a few times a second. */
const TELL_EVERY_MS = 120;

export function createImageMemory(): ImageMemory {
  const loaded = new Set<string>();
  const failed = new Set<string>();
  const listeners = new Set<() => void>();
  let version = 0;
  let isWaiting = false;
  const tell = () => {
    isWaiting = false;
    version += 1;
    for (const listener of listeners) listener();
  };
  const changed = () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(tell, TELL_EVERY_MS);
  };
  return {
    isLoaded: (imageId) => loaded.has(imageId),
    hasFailed: (imageId) => failed.has(imageId),
    version: () => version,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    noteLoaded: (imageId) => {
      loaded.add(imageId);
      failed.delete(imageId);
      changed();
    },
    noteGone: (imageId) => {
      if (loaded.delete(imageId)) changed();
    },
    noteFailed: (imageId) => {
      failed.add(imageId);
      changed();
    },
    forget: (imageIds) => {
      for (const imageId of imageIds) {
        loaded.delete(imageId);
        failed.delete(imageId);
      }
      changed();
    },
  };
}
