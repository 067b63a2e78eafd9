import { useSyncExternalStore } from 'react';
import type { ViewportState } from './cornerstone.ts';
import { imageMemory } from './cornerstone-memory.ts';
import { LOADING_TEXT as T } from './loading-text.ts';
import { loadedRuns } from './neighbours.ts';

/** Which images of the stack stand in memory, and where the reader is among them; gone when all do. */
export function LoadingBar({ state }: { readonly state: ViewportState | null }) {
  useSyncExternalStore(imageMemory.subscribe, imageMemory.version);
  const images = state?.stack.images ?? [];
  const count = images.length;
  if (state === null || count < 2) return null;
  const runs = loadedRuns(count, (index) => imageMemory.isLoaded(images[index]?.imageId ?? ''));
  const loaded = runs.reduce((sum, run) => sum + run.length, 0);
  if (loaded === count) return null;
  return (
    <div
      className="loading-bar"
      role="progressbar"
      aria-label={T.loading}
      aria-valuemin={0}
      aria-valuemax={count}
      aria-valuenow={loaded}
      data-testid="loading-bar"
    >
      <svg viewBox={`0 0 ${count} 1`} preserveAspectRatio="none" aria-hidden="true">
        {runs.map(({ start, length }) => (
          <rect key={start} className="loading-run" x={start} y={0} width={length} height={1} />
        ))}
        <rect className="loading-place" x={state.index} y={0} width={1} height={1} />
      </svg>
    </div>
  );
}
