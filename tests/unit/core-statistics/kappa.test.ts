import { describe, expect, it } from 'vitest';
import { cohenKappa } from '#core/statistics/kappa.ts';

const round = (value: number | undefined | null) => Number((value ?? Number.NaN).toFixed(4));

describe("Cohen's kappa", () => {
  it('agrees with a published table and the standard error of its authors', () => {
    // 0.4 (0.15 to 0.65), as the psych package of R gives it.
    const found = cohenKappa({ both: 20, onlyFirst: 5, onlySecond: 10, neither: 15 });
    expect([round(found.observed), round(found.expected), round(found.kappa)]).toEqual([
      0.7, 0.5, 0.4,
    ]);
    expect(found.interval?.map(round)).toEqual([0.1511, 0.6489]);
  });

  it('tells agreement beyond chance from agreement', () => {
    const rare = cohenKappa({ both: 0, onlyFirst: 3, onlySecond: 3, neither: 94 });
    expect(rare.observed).toBeCloseTo(0.94);
    expect(rare.kappa).toBeLessThan(0);
    const swapped = cohenKappa({ both: 0, onlyFirst: 30, onlySecond: 30, neither: 0 });
    expect(swapped.kappa).toBeCloseTo(-1);
    const full = cohenKappa({ both: 10, onlyFirst: 0, onlySecond: 0, neither: 40 });
    expect(full).toMatchObject({ kappa: 1, interval: [1, 1] });
  });

  it('does not matter which comes first', () => {
    const one = cohenKappa({ both: 7, onlyFirst: 2, onlySecond: 9, neither: 31 });
    const other = cohenKappa({ both: 7, onlyFirst: 9, onlySecond: 2, neither: 31 });
    expect(other.kappa).toBeCloseTo(one.kappa ?? Number.NaN, 12);
    expect(other.interval?.map(round)).toEqual(one.interval?.map(round));
  });

  it('is undefined when both always say the same one thing, and refuses what are no counts', () => {
    expect(cohenKappa({ both: 0, onlyFirst: 0, onlySecond: 0, neither: 9 })).toMatchObject({
      ...{ observed: 1, kappa: null, interval: null },
    });
    const empty = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
    expect(() => cohenKappa(empty)).toThrow(/counts/);
    expect(() => cohenKappa({ ...empty, both: 1.5 })).toThrow(/counts/);
    expect(() => cohenKappa({ ...empty, both: -1, neither: 3 })).toThrow(/counts/);
  });
});
