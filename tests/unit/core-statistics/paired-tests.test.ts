import { describe, expect, it } from 'vitest';
import { holmAdjust } from '#core/statistics/holm.ts';
import { mcNemarTest } from '#core/statistics/mcnemar.ts';
import { normalCdf, twoSidedNormal } from '#core/statistics/special-functions.ts';

function answers(counts: { both: number; first: number; second: number; none: number }) {
  const repeat = (n: number, pair: [boolean, boolean]) => new Array(n).fill(pair);
  const pairs: [boolean, boolean][] = [
    ...repeat(counts.both, [true, true]),
    ...repeat(counts.first, [true, false]),
    ...repeat(counts.second, [false, true]),
    ...repeat(counts.none, [false, false]),
  ];
  return [pairs.map(([a]) => a), pairs.map(([, b]) => b)] as const;
}

describe("McNemar's exact test", () => {
  it('agrees with binomial tails added by hand', () => {
    // 5 of 20: 2 (C(20,0) + ... + C(20,5)) / 2^20 = 2 x 21700 / 1048576.
    const found = mcNemarTest(...answers({ both: 30, first: 15, second: 5, none: 50 }));
    expect(found.pValue).toBeCloseTo((2 * 21_700) / 2 ** 20, 12);
    expect(found.difference).toBeCloseTo(0.1, 12);
    expect(found.interval[0]).toBeGreaterThan(0);
    expect(found.interval[1]).toBeLessThan(0.2);
  });

  it('gives p 1 without any discordant pair, and for as many on either side', () => {
    expect(mcNemarTest(...answers({ both: 3, first: 0, second: 0, none: 4 })).pValue).toBe(1);
    expect(mcNemarTest(...answers({ both: 0, first: 4, second: 4, none: 0 })).pValue).toBe(1);
  });

  it('turns when the two change places', () => {
    const [a, b] = answers({ both: 3, first: 9, second: 1, none: 4 });
    const [there, back] = [mcNemarTest(a, b), mcNemarTest(b, a)];
    expect(back.pValue).toBe(there.pValue);
    expect(back.interval[0]).toBeCloseTo(-there.interval[1], 12);
  });

  it('refuses answers of different length', () => {
    expect(() => mcNemarTest([true], [])).toThrowError(/same images/);
  });
});

describe("Holm's adjustment", () => {
  it('agrees with the steps taken by hand, in the order given', () => {
    const adjusted = holmAdjust([0.01, 0.04, 0.03, null, 0.005]);
    expect(adjusted.map((p) => (p === null ? null : Number(p.toFixed(10))))).toEqual([
      0.03,
      0.06,
      0.06,
      null,
      0.02,
    ]);
    expect(holmAdjust([0.6, 0.9])).toEqual([1, 1]);
  });
});

describe('normal distribution', () => {
  it.each([
    [0, 1],
    [1, 0.31731050786291415],
    [1.959963984540054, 0.05],
    [3, 0.0026997960632601866],
    [4, 6.334248366623988e-5],
    [6, 1.973175290075396e-9],
  ])('two-sided tail beyond %f', (z, p) => {
    expect(Math.abs(twoSidedNormal(z) / p - 1)).toBeLessThan(1e-10);
    expect(twoSidedNormal(-z)).toBe(twoSidedNormal(z));
  });

  it('rises from 0 over a half to 1', () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(-1.2815515655446004)).toBeCloseTo(0.1, 12);
    expect(normalCdf(40)).toBe(1);
    expect(normalCdf(-40)).toBe(0);
  });
});
