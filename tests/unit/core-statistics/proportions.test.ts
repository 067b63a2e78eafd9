import { describe, expect, it } from 'vitest';
import { clopperPearsonInterval, wilsonInterval } from '#core/statistics/proportions.ts';
import { betaQuantile, regularisedBeta } from '#core/statistics/special-functions.ts';

/** count, total, Clopper-Pearson, Wilson; to four decimals. */
const CHECKS = [
  [190, 200, 0.91, 0.9758, 0.9104, 0.9726],
  [95, 100, 0.8872, 0.9836, 0.8882, 0.9785],
  [81, 263, 0.2527, 0.3676, 0.2553, 0.3662],
  [0, 20, 0, 0.1684, 0, 0.1611],
] as const;

describe('intervals of a proportion', () => {
  it.each(CHECKS)('%i of %i agrees with published values', (count, total, ...expected) => {
    const found = [...clopperPearsonInterval(count, total), ...wilsonInterval(count, total)];
    expect(found.map((value) => Number(value.toFixed(4)))).toEqual(expected);
  });

  it('mirrors when the proportion does', () => {
    const [low, high] = wilsonInterval(20, 20);
    expect([1 - high, 1 - low]).toEqual([0, expect.closeTo(0.1611, 4)]);
    expect(clopperPearsonInterval(20, 20)[0]).toBeCloseTo(1 - 0.1684, 4);
  });

  it('lies within 0 and 1 and holds the estimate', () => {
    for (let total = 1; total <= 60; total++) {
      for (let count = 0; count <= total; count++) {
        for (const [low, high] of [
          wilsonInterval(count, total),
          clopperPearsonInterval(count, total),
        ]) {
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeLessThanOrEqual(1);
          expect(low).toBeLessThanOrEqual(count / total);
          expect(high).toBeGreaterThanOrEqual(count / total);
        }
      }
    }
  });

  it.each([
    [1, 0],
    [-1, 5],
    [6, 5],
    [0.5, 2],
    [Number.NaN, 2],
  ])('refuses %f of %f', (count, total) => {
    expect(() => wilsonInterval(count, total)).toThrowError(/not a proportion/);
    expect(() => clopperPearsonInterval(count, total)).toThrowError(/not a proportion/);
  });
});

describe('incomplete beta function', () => {
  it('equals the binomial sums that it stands for', () => {
    // I_x(k, n - k + 1) is the chance of k or more successes in n tries.
    const choose = (n: number, k: number): number =>
      k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k;
    const tail = (n: number, k: number, x: number): number =>
      Array.from({ length: n - k + 1 }, (_, i) => k + i).reduce(
        (sum, j) => sum + choose(n, j) * x ** j * (1 - x) ** (n - j),
        0,
      );
    for (const [n, k, x] of [
      [10, 3, 0.2],
      [20, 19, 0.9],
      [7, 1, 0.01],
      [30, 15, 0.55],
    ] as const) {
      expect(regularisedBeta(x, k, n - k + 1)).toBeCloseTo(tail(n, k, x), 12);
    }
  });

  it('is undone by its quantile', () => {
    for (const p of [0.001, 0.025, 0.5, 0.975]) {
      expect(regularisedBeta(betaQuantile(p, 190, 11), 190, 11)).toBeCloseTo(p, 10);
    }
  });
});
