import type { Interval } from './proportions.ts';
import { seededRandom } from './random.ts';

export interface BootstrapOptions {
  /** Number of clusters, patients in most cases: whole ones are drawn, with replacement. */
  readonly clusters: number;
  readonly repeats: number;
  readonly seed: number;
}

/** What one resample gives: numbers in a fixed order; NaN where it allows no estimate. */
export type Statistic = (weights: Uint32Array) => readonly number[];

/**
 * The estimates of every resample, by statistic (Efron, Ann Stat 1979;7:1; whole clusters: Field and Welsh, J R Stat Soc
 * B 2007;69:369).
 * @param statistic gets how often each cluster was drawn
 * @returns for each of the statistic's numbers, those of the resamples that gave one, in rising order
 */
export function clusterBootstrap(options: BootstrapOptions, statistic: Statistic): Float64Array[] {
  const { clusters, repeats, seed } = options;
  const random = seededRandom(seed);
  const weights = new Uint32Array(clusters);
  const estimates: number[][] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    weights.fill(0);
    for (let draw = 0; draw < clusters; draw++) {
      const drawn = Math.floor(random() * clusters);
      weights[drawn] = (weights[drawn] ?? 0) + 1;
    }
    for (const [index, value] of statistic(weights).entries()) {
      estimates[index] ??= [];
      if (!Number.isNaN(value)) estimates[index].push(value);
    }
  }
  return estimates.map((values) => Float64Array.from(values).sort());
}

/** Between neighbours in rank the quantile is interpolated linearly. @param ordered in rising order, one at least */
export function quantile(ordered: Float64Array, share: number): number {
  const place = share * (ordered.length - 1);
  const below = Math.floor(place);
  const low = ordered[below] ?? Number.NaN;
  const high = ordered[Math.min(below + 1, ordered.length - 1)] ?? Number.NaN;
  // Infinite neighbours must not give NaN.
  return low === high ? low : low + (high - low) * (place - below);
}

/** The middle 95% of the estimates; none when under half of the resamples gave one. */
export function percentileInterval(ordered: Float64Array, repeats: number): Interval | null {
  if (ordered.length === 0 || ordered.length < repeats / 2) return null;
  return [quantile(ordered, 0.025), quantile(ordered, 0.975)];
}
