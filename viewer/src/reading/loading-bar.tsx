import { useSyncExternalStore } from 'react';
import type { ViewportState } from './cornerstone.ts';
import { imageMemory } from './cornerstone-memory.ts';
import type { StackImage } from './image-stacks.ts';
import { LOADING_TEXT as T } from './loading-text.ts';
import { loadedRuns } from './neighbours.ts';

interface LoadingRunsProps {
  readonly images: readonly Pick<StackImage, 'imageId'>[];
  /** Where the reader is among them. */
  readonly index: number;
}

/** Which images stand in memory, and where the reader is among them; gone when all do. */
export function LoadingRuns({ images, index: place }: LoadingRunsProps) {
  useSyncExternalStore(imageMemory.subscribe, imageMemory.version);
  const count = images.length;
  if (count < 2) return null;
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
        <rect className="loading-place" x={place} y={0} width={1} height={1} />
      </svg>
    </div>
  );
}

/** The loading bar of the stack on the screen. */
export function LoadingBar({ state }: { readonly state: ViewportState | null }) {
  return state === null ? null : <LoadingRuns images={state.stack.images} index={state.index} />;
}
