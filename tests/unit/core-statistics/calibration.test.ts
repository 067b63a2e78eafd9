import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reliability } from '#core/statistics/calibration.ts';
import { logisticCalibration } from '#core/statistics/logistic-calibration.ts';
import { seededRandom } from '#core/statistics/random.ts';
import type { LabelledScore } from '#core/statistics/roc-curve.ts';

const entries = fc.array(
  fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), positive: fc.boolean() }),
  { minLength: 1, maxLength: 80 },
);

describe('reliability', () => {
  it('puts every score into one bin, its upper edge included', () => {
    fc.assert(
      fc.property(entries, (scores) => {
        const { bins } = reliability(scores);
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(scores.length);
      }),
    );
    const edges = [0, 0.1, 0.3, 0.7, 1].map((score) => ({ score, positive: false }));
    expect(reliability(edges).bins.map((bin) => Math.round(bin.low * 10))).toEqual([0, 2, 6, 9]);
  });

  it('takes the Brier score apart so that the parts add up', () => {
    fc.assert(
      fc.property(entries, (scores) => {
        const { brier, decomposition: d } = reliability(scores);
        expect(d.reliability - d.resolution + d.uncertainty + d.withinBins).toBeCloseTo(brier, 12);
        expect(d.reliability).toBeGreaterThanOrEqual(0);
        expect(d.resolution).toBeGreaterThanOrEqual(0);
        expect(d.resolution).toBeLessThanOrEqual(d.uncertainty + 1e-12);
      }),
    );
  });

  it('has nothing within the bins where all scores of a bin are one', () => {
    const scores = [0.05, 0.05, 0.25, 0.25, 0.25, 0.85].map((score, index) => ({
      score,
      positive: index % 2 === 0,
    }));
    expect(reliability(scores).decomposition.withinBins).toBeCloseTo(0, 12);
  });

  it('of a constant at the prevalence is the uncertainty', () => {
    const scores = [true, false, false, false].map((positive) => ({ score: 0.25, positive }));
    const found = reliability(scores);
    expect(found.brier).toBeCloseTo(0.1875, 12);
    expect(found.brierOfPrevalence).toBeCloseTo(0.1875, 12);
    expect(found.expectedCalibrationError).toBeCloseTo(0, 12);
  });
});

/** Truth drawn from logit(p) = intercept + slope logit(score). */
function drawn(n: number, truth: { slope: number; intercept: number; seed?: number }) {
  const { slope, intercept, seed = 11 } = truth;
  const random = seededRandom(seed);
  return Array.from({ length: n }, (): LabelledScore => {
    const score = 0.02 + 0.96 * random();
    const margin = intercept + slope * Math.log(score / (1 - score));
    return { score, positive: random() < 1 / (1 + Math.exp(-margin)) };
  });
}

describe('logistic calibration', () => {
  it('finds the slope and intercept that made the data, within 95 of 100 intervals', () => {
    const truth = { slope: 0.6, intercept: -0.8 };
    const fits = Array.from({ length: 200 }, (_, index) =>
      logisticCalibration(drawn(400, { ...truth, seed: index * 7919 })),
    );
    const holds = (interval: readonly [number, number] | undefined, value: number) =>
      interval !== undefined && interval[0] < value && value < interval[1];
    const slopes = fits.filter((fit) => holds(fit?.slope.interval, truth.slope)).length;
    const intercepts = fits.filter((fit) => holds(fit?.intercept.interval, truth.intercept)).length;
    for (const covered of [slopes, intercepts]) {
      expect(covered).toBeGreaterThanOrEqual(180);
      expect(covered).toBeLessThanOrEqual(199);
    }
    const mean = fits.reduce((sum, fit) => sum + (fit?.slope.estimate ?? 0), 0) / fits.length;
    expect(Math.abs(mean - truth.slope)).toBeLessThan(0.03);
    expect(fits.every((fit) => (fit?.inTheLarge.estimate ?? 1) < 0)).toBe(true);
  });

  it('leaves no gradient at its solution', () => {
    const scores = drawn(200, { slope: 1.4, intercept: 0.3 });
    const fit = logisticCalibration(scores);
    const [a = 0, b = 0] = [fit?.intercept.estimate, fit?.slope.estimate];
    const residuals = scores.map(({ score, positive }) => {
      const x = Math.log(score / (1 - score));
      return { x, r: (positive ? 1 : 0) - 1 / (1 + Math.exp(-a - b * x)) };
    });
    expect(residuals.reduce((sum, { r }) => sum + r, 0)).toBeCloseTo(0, 8);
    expect(residuals.reduce((sum, { r, x }) => sum + r * x, 0)).toBeCloseTo(0, 8);
  });

  it('has no fit for classes that do not overlap, one class, or one score', () => {
    const of = (scores: readonly number[], positive: boolean) =>
      scores.map((score) => ({ score, positive }));
    expect(logisticCalibration([...of([0.1, 0.2], false), ...of([0.3, 0.9], true)])).toBeNull();
    expect(logisticCalibration([...of([0.1, 0.3], false), ...of([0.3, 0.9], true)])).toBeNull();
    expect(logisticCalibration(of([0.1, 0.2], false))).toBeNull();
    expect(logisticCalibration([...of([0.5], false), ...of([0.5], true)])).toBeNull();
  });

  it('moves scores of 0 and 1 and says how many', () => {
    const scores = [...drawn(60, { slope: 1, intercept: 0 }), { score: 0, positive: true }];
    expect(logisticCalibration(scores)?.moved).toBe(1);
  });
});
