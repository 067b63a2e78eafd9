import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareIndependentAucs, comparePairedAucs } from '#core/statistics/compare-aucs.ts';
import { aucWithInterval } from '#core/statistics/roc.ts';

const score = fc.integer({ min: 0, max: 9 }).map((value) => value / 9);
const pair = fc.tuple(score, score);
const group = fc.array(pair, { minLength: 2, maxLength: 25 });

function sides(positives: readonly [number, number][], negatives: readonly [number, number][]) {
  const of = (side: 0 | 1) => ({
    positives: positives.map((entry) => entry[side]),
    negatives: negatives.map((entry) => entry[side]),
  });
  return [of(0), of(1)] as const;
}

describe('difference of two areas', () => {
  it('is the difference of the areas, and turns when the models change places', () => {
    fc.assert(
      fc.property(group, group, (positives, negatives) => {
        const [a, b] = sides(positives, negatives);
        const there = comparePairedAucs(a, b);
        const back = comparePairedAucs(b, a);
        const areas = [a, b].map((m) => aucWithInterval(m.positives, m.negatives).auc);
        expect(there.difference).toBeCloseTo((areas[0] ?? 0) - (areas[1] ?? 0), 10);
        expect(back.difference).toBeCloseTo(-there.difference, 10);
        expect(back.variance).toBeCloseTo(there.variance, 10);
      }),
    );
  });

  it('has no variance for a model against itself, and p 1', () => {
    const model = { positives: [0.9, 0.7, 0.4], negatives: [0.1, 0.5, 0.2] };
    expect(comparePairedAucs(model, model)).toMatchObject({
      difference: 0,
      variance: 0,
      pValue: 1,
    });
  });

  it('is that of DeLong computed by hand', () => {
    // Placements of a: positives 1, 1, 0.5; negatives 0, 1/3. Of b: 0.5, 1, 0.5; 1/3, 1/3 of the positives below.
    const a = { positives: [0.9, 0.8, 0.3], negatives: [0.1, 0.4] };
    const b = { positives: [0.3, 0.8, 0.25], negatives: [0.2, 0.4] };
    const found = comparePairedAucs(a, b);
    expect(found.difference).toBeCloseTo(5 / 6 - 4 / 6, 12);
    // Differences of the positives' placements 0.5, 0, 0 (variance 1/12); of the negatives' 0, 1/3 (variance 1/18).
    expect(found.variance).toBeCloseTo(1 / 12 / 3 + 1 / 18 / 2, 12);
  });

  it('adds the variances of groups that have nothing in common', () => {
    const a = aucWithInterval([0.9, 0.8, 0.7, 0.55, 0.4], [0.6, 0.5, 0.35, 0.3, 0.2, 0.1]);
    const found = compareIndependentAucs(a, a);
    expect(found.variance).toBeCloseTo(2 * 0.0091111, 6);
    expect(found.pValue).toBe(1);
  });

  it('refuses other images in the second', () => {
    expect(() =>
      comparePairedAucs(
        { positives: [1, 2], negatives: [0, 0] },
        { positives: [1], negatives: [0] },
      ),
    ).toThrowError(/same images/);
  });
});
