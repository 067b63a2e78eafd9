import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aucWithInterval } from '#core/statistics/roc.ts';

const POSITIVES = [0.9, 0.8, 0.7, 0.55, 0.4];
const NEGATIVES = [0.6, 0.5, 0.35, 0.3, 0.2, 0.1];

function pairwise(positives: readonly number[], negatives: readonly number[]): number {
  let wins = 0;
  for (const p of positives) {
    for (const n of negatives) wins += p > n ? 1 : p === n ? 0.5 : 0;
  }
  return wins / (positives.length * negatives.length);
}

describe('area under the ROC curve', () => {
  it('agrees with the worked example of DeLong', () => {
    const { auc, variance, interval, method } = aucWithInterval(POSITIVES, NEGATIVES);
    expect(auc).toBeCloseTo(0.9, 12);
    expect(variance).toBeCloseTo(0.0091111, 7);
    expect(interval[0]).toBeCloseTo(0.5296, 4);
    expect(interval[1]).toBeCloseTo(0.9863, 4);
    expect(method).toBe('delong-logit');
  });

  it('is the share of pairs in the right order, ties half', () => {
    const score = fc.integer({ min: 0, max: 8 }).map((value) => value / 8);
    const group = fc.array(score, { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(group, group, (positives, negatives) => {
        const { auc, interval } = aucWithInterval(positives, negatives);
        expect(auc).toBeCloseTo(pairwise(positives, negatives), 10);
        expect(interval[0]).toBeLessThanOrEqual(auc + 1e-12);
        expect(interval[1]).toBeGreaterThanOrEqual(auc - 1e-12);
        expect(interval[0]).toBeGreaterThanOrEqual(0);
        expect(interval[1]).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('gives an honest interval when the groups do not overlap', () => {
    const few = aucWithInterval([0.9, 0.8, 0.7], [0.1, 0.2, 0.3]);
    const spread = Array.from({ length: 30 }, (_, index) => index / 100);
    const many = aucWithInterval(
      spread.map((value) => value + 1),
      spread,
    );
    expect(few).toMatchObject({ auc: 1, method: 'newcombe-score' });
    expect(few.interval[1]).toBe(1);
    expect(few.interval[0]).toBeLessThan(0.6);
    expect(many.interval[0]).toBeGreaterThan(few.interval[0]);
    expect(many.interval[0]).toBeLessThan(1);
  });

  it('mirrors when the groups change places', () => {
    const there = aucWithInterval(POSITIVES, NEGATIVES);
    const back = aucWithInterval(NEGATIVES, POSITIVES);
    expect(back.auc).toBeCloseTo(1 - there.auc, 12);
    expect(back.interval[0]).toBeCloseTo(1 - there.interval[1], 10);
    const zero = aucWithInterval([1, 2, 3], [4, 5, 6]);
    expect(zero.interval[0]).toBe(0);
    expect(zero.interval[1]).toBeCloseTo(1 - aucWithInterval([4, 5, 6], [1, 2, 3]).interval[0], 10);
  });

  it.each([
    [[0.5], [0.1, 0.2]],
    [[0.5, 0.6], []],
    [
      [0.5, Number.NaN],
      [0.1, 0.2],
    ],
  ])('refuses %j against %j', (positives, negatives) => {
    expect(() => aucWithInterval(positives, negatives)).toThrowError(/an AUC needs/);
  });
});
