import { describe, expect, it } from 'vitest';
import {
  cusumChart,
  cusumRunLength,
  ewmaChart,
  ewmaLimits,
  populationStability,
} from '#core/statistics/drift.ts';
import { seededRandom } from '#core/statistics/random.ts';

describe('CUSUM', () => {
  it.each([
    [4, 0, 168],
    [4, 0.5, 26.7],
    [4, 1, 8.38],
    [4, 1.5, 4.75],
    [4, 2, 3.34],
    [5, 0, 465],
    [5, 0.5, 38],
    [5, 1, 10.4],
    [5, 1.5, 5.75],
    [5, 2, 4.01],
  ])('with limit %d signals a shift of %f sigma after %f values', (h, shift, published) => {
    const found = cusumRunLength(shift, { k: 0.5, h });
    expect(Math.abs(found / published - 1)).toBeLessThan(0.004);
  });

  it('signals as often as its run length says', () => {
    const random = seededRandom(8);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const runs = Array.from({ length: 3000 }, () => {
      const z = Array.from({ length: 150 }, () => normal() + 1);
      return cusumChart(z, { k: 0.5, h: 4 }).findIndex((point) => point.isOutside) + 1;
    });
    const mean = runs.reduce((sum, run) => sum + run, 0) / runs.length;
    expect(Math.abs(mean - cusumRunLength(1, { k: 0.5, h: 4 }))).toBeLessThan(0.3);
  });

  it('sums on either side and forgets what lies within the slack', () => {
    const found = cusumChart([1, 1, -3, 0.2], { k: 0.5, h: 2 });
    expect(found.map(({ up, down }) => [up, down])).toEqual([
      [0.5, 0],
      [1, 0],
      [0, 2.5],
      [0, expect.closeTo(1.8, 12)],
    ]);
    expect(found.map((point) => point.isOutside)).toEqual([false, false, true, false]);
  });
});

describe('EWMA', () => {
  const options = { rate: 0.1, lambda: 0.2, width: 3 };

  it('has the published limits', () => {
    const [low, high] = ewmaLimits(options, 100);
    expect(low).toBeCloseTo(0.07, 12);
    expect(high).toBeCloseTo(0.13, 12);
  });

  it('comes to its lasting limits with time, and finds a rate that has doubled', () => {
    const steady = ewmaChart(new Array(60).fill({ count: 10, total: 100 }), options);
    expect(steady.every((point) => !point.isOutside)).toBe(true);
    expect(steady.at(-1)?.high).toBeCloseTo(0.13, 6);
    expect(steady[0]?.high).toBeLessThan(0.13);
    const doubled = ewmaChart(new Array(10).fill({ count: 20, total: 100 }), options);
    expect(doubled.findIndex((point) => point.isOutside)).toBeGreaterThanOrEqual(0);
  });
});

describe('population stability', () => {
  it('agrees with the published value, either way round', () => {
    const even = [0.2, 0.2, 0.2, 0.2, 0.2];
    const other = [0.3, 0.25, 0.2, 0.15, 0.1];
    expect(populationStability(even, other)).toBeCloseTo(0.1354, 4);
    expect(populationStability(other, even)).toBeCloseTo(0.1354, 4);
    expect(populationStability([2, 2], [70, 70])).toBe(0);
  });

  it('stays finite when a bin is empty, and refuses what holds nothing', () => {
    expect(Number.isFinite(populationStability([10, 0], [5, 5]))).toBe(true);
    expect(() => populationStability([0, 0], [1, 1])).toThrowError(/filled/);
    expect(() => populationStability([1], [1, 1])).toThrowError(/same bins/);
  });
});
