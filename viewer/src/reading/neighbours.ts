/** What is known of a stack while its images load. */
export interface StackProgress {
  readonly count: number;
  /** The image that is looked at, and where the reader is going. */
  readonly index: number;
  readonly direction: 1 | -1;
  /** So many images around the present one may stand in memory. */
  readonly window: number;
  /** Loaded, being loaded, or known to fail. */
  isSettled(index: number): boolean;
}

/** Of the window so much lies ahead of the reader, the rest behind. */
const AHEAD_SHARE = 0.75;
/** An image behind the reader is as urgent as one that is so many times further ahead. */
const BEHIND_COST = 3;

function reach({ count, window }: StackProgress): { ahead: number; behind: number } {
  if (window >= count) return { ahead: count, behind: count };
  const ahead = Math.floor(window * AHEAD_SHARE);
  return { ahead, behind: Math.max(0, window - ahead - 1) };
}

/** The image to load next: the nearest one that is missing, those ahead before those behind; null when none is. */
export function nextToLoad(progress: StackProgress): number | null {
  const { count, index, direction } = progress;
  const { ahead, behind } = reach(progress);
  const isMissing = (place: number) => place >= 0 && place < count && !progress.isSettled(place);
  for (let cost = 1; cost <= Math.max(ahead, behind * BEHIND_COST); cost += 1) {
    const before = index + direction * cost;
    if (cost <= ahead && isMissing(before)) return before;
    const steps = cost / BEHIND_COST;
    const after = index - direction * steps;
    if (Number.isInteger(steps) && steps <= behind && isMissing(after)) return after;
  }
  return null;
}

/** Runs of loaded images, as the loading bar draws them: first place and length. */
export function loadedRuns(
  count: number,
  isLoaded: (index: number) => boolean,
): { readonly start: number; readonly length: number }[] {
  const runs: { start: number; length: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    if (!isLoaded(index)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.start + last.length === index) last.length += 1;
    else runs.push({ start: index, length: 1 });
  }
  return runs;
}
