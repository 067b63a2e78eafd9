import { describe, expect, it } from 'vitest';
import { clusterBootstrap, percentileInterval, quantile } from '#core/statistics/bootstrap.ts';
import { seededRandom } from '#core/statistics/random.ts';
import { aucWithInterval } from '#core/statistics/roc.ts';
import { BAND_RATES, bootstrapRoc, type ClusteredScore } from '#core/statistics/roc-bootstrap.ts';

/** Overlapping scores, `copies` the same images of each patient. */
function patients(count: number, copies: number): ClusteredScore[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, cluster) => {
    const positive = cluster % 3 === 0;
    const score = (random() + (positive ? 0.35 : 0)) / 1.35;
    return new Array<ClusteredScore>(copies).fill({ cluster, positive, score });
  }).flat();
}

const options = { repeats: 1000, seed: 1 };

describe('cluster bootstrap', () => {
  it('draws as many clusters as there are, the same for the same seed', () => {
    const run = (seed: number) => {
      const sums: number[] = [];
      const first = clusterBootstrap({ clusters: 7, repeats: 20, seed }, (weights) => {
        sums.push(weights.reduce((sum, weight) => sum + weight, 0));
        return [weights[0] ?? 0];
      });
      expect(new Set(sums)).toEqual(new Set([7]));
      return [...(first[0] ?? [])];
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });

  it('leaves resamples without an estimate out, and tells none when most are', () => {
    let turn = 0;
    const [some] = clusterBootstrap({ clusters: 2, repeats: 10, seed: 1 }, () => [
      turn++ % 3 === 0 ? 1 : Number.NaN,
    ]);
    expect(some?.length).toBe(4);
    expect(percentileInterval(some ?? new Float64Array(), 10)).toBeNull();
  });

  it('takes quantiles between neighbours', () => {
    const values = Float64Array.from([1, 2, 4, 8]);
    expect(quantile(values, 0.5)).toBe(3);
    expect(quantile(values, 0.025)).toBeCloseTo(1.075, 12);
    expect(quantile(values, 1)).toBe(8);
  });
});

describe('resampled ROC', () => {
  it("comes near DeLong's interval when each patient has one image", () => {
    const scores = patients(240, 1);
    const { auc } = bootstrapRoc(scores, [], options);
    const of = (positive: boolean) =>
      scores.filter((s) => s.positive === positive).map((s) => s.score);
    const delong = aucWithInterval(of(true), of(false)).interval;
    expect(auc?.[0]).toBeCloseTo(delong[0], 1);
    expect(Math.abs((auc?.[0] ?? 0) - delong[0])).toBeLessThan(0.015);
    expect(Math.abs((auc?.[1] ?? 0) - delong[1])).toBeLessThan(0.015);
  });

  it('is not fooled by copies: repeated images leave the interval as it is', () => {
    const once = bootstrapRoc(patients(90, 1), [0.5], options);
    const fourfold = bootstrapRoc(patients(90, 4), [0.5], options);
    for (const end of [0, 1] as const) {
      expect(fourfold.auc?.[end]).toBeCloseTo(once.auc?.[end] ?? 0, 9);
      expect(fourfold.sensitivity[0]?.[end]).toBeCloseTo(once.sensitivity[0]?.[end] ?? 0, 9);
    }
  });

  it('gives a band that rises and ends at 1', () => {
    const { band } = bootstrapRoc(patients(120, 1), [], options);
    expect(band).toHaveLength(BAND_RATES.length);
    expect(band.at(-1)).toEqual([1, 1]);
    for (const [index, interval] of band.entries()) {
      expect(interval?.[0]).toBeLessThanOrEqual(interval?.[1] ?? 0);
      expect(interval?.[1]).toBeGreaterThanOrEqual(band[index - 1]?.[1] ?? 0);
    }
  });
});
