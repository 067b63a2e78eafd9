export interface BackOff {
  /** Pause after the first failure, milliseconds. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** What doubles this often is longer than any pause that is allowed. */
const MOST_DOUBLINGS = 30;

/**
 * How long to wait before something is tried again, milliseconds: it doubles with each failure, and lies somewhere in
 * the upper half of that, so that what failed together does not come back together.
 * @param failures so far, the last one included: 1 after the first
 * @param random from 0 to 1, such as Math.random
 */
export function nextPause(
  failures: number,
  { firstMs, longestMs }: BackOff,
  random: () => number = Math.random,
): number {
  const doublings = Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS);
  const longest = Math.min(firstMs * 2 ** doublings, longestMs);
  return longest / 2 + (longest / 2) * random();
}
