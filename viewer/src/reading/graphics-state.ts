/**
 * Whether the browser has a graphics card to draw with. A driver that is reset, or a computer that wakes up, takes every
 * picture away at once (WebGL 2.0, "webglcontextlost"); most give it back within a second.
 */
export interface GraphicsState {
  isLost(): boolean;
  setLost(lost: boolean): void;
  subscribe(watcher: () => void): () => void;
}

export function createGraphicsState(): GraphicsState {
  let lost = false;
  const watchers = new Set<() => void>();
  return {
    isLost: () => lost,
    setLost: (next) => {
      if (next === lost) return;
      lost = next;
      for (const watcher of watchers) watcher();
    },
    subscribe: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

export const graphicsState = createGraphicsState();
