import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionAt, confusionRates } from '#core/statistics/confusion.ts';
import { atPrevalence } from '#core/statistics/predictive-values.ts';
import { aucWithInterval } from '#core/statistics/roc.ts';
import { type LabelledScore, type RocPoint, rocCurve } from '#core/statistics/roc-curve.ts';

const entry = fc.record({
  score: fc.integer({ min: 0, max: 12 }).map((value) => value / 12),
  positive: fc.boolean(),
});
const both = fc
  .array(entry, { minLength: 4, maxLength: 60 })
  .filter(
    (scores) =>
      scores.filter((s) => s.positive).length > 1 && scores.filter((s) => !s.positive).length > 1,
  );

function trapezium(points: readonly RocPoint[]): number {
  const last = points.at(-1) ?? { truePositives: 0, falsePositives: 0 };
  const area = points.slice(1).reduce((sum, point, index) => {
    const before = points[index] ?? point;
    const height = (point.truePositives + before.truePositives) / 2;
    return sum + (point.falsePositives - before.falsePositives) * height;
  }, 0);
  return area / (last.truePositives * last.falsePositives);
}

function areaOf(scores: readonly LabelledScore[]): number {
  const of = (positive: boolean) =>
    scores.filter((s) => s.positive === positive).map((s) => s.score);
  return aucWithInterval(of(true), of(false)).auc;
}

describe('ROC curve', () => {
  it('encloses the area that the ranks give', () => {
    fc.assert(
      fc.property(both, (scores) => {
        expect(trapezium(rocCurve(scores))).toBeCloseTo(areaOf(scores), 10);
      }),
    );
  });

  it('keeps its area under a rising map, and mirrors it under a falling one', () => {
    fc.assert(
      fc.property(both, (scores) => {
        const mapped = (map: (score: number) => number) =>
          areaOf(scores.map((s) => ({ ...s, score: map(s.score) })));
        expect(mapped((score) => Math.exp(3 * score) - 7)).toBeCloseTo(areaOf(scores), 10);
        expect(mapped((score) => -score)).toBeCloseTo(1 - areaOf(scores), 10);
        const swapped = scores.map((s) => ({ ...s, positive: !s.positive }));
        expect(areaOf(swapped)).toBeCloseTo(1 - areaOf(scores), 10);
      }),
    );
  });

  it('passes through the confusion of every threshold', () => {
    fc.assert(
      fc.property(both, (scores) => {
        for (const { threshold, truePositives, falsePositives } of rocCurve(scores)) {
          expect(confusionAt(scores, threshold)).toMatchObject({ truePositives, falsePositives });
        }
      }),
    );
  });
});

describe('confusion at a threshold', () => {
  it('flags what reaches the threshold exactly', () => {
    const scores = [
      { score: 0.5, positive: true },
      { score: 0.4999999, positive: true },
      { score: 0.5, positive: false },
    ];
    expect(confusionAt(scores, 0.5)).toEqual({
      truePositives: 1,
      falseNegatives: 1,
      falsePositives: 1,
      trueNegatives: 0,
    });
  });

  it('has no rate of nothing', () => {
    const rates = confusionRates(confusionAt([{ score: 0.2, positive: false }], 0.5));
    expect(rates.sensitivity).toMatchObject({ total: 0, estimate: null, wilson: null });
    expect(rates.positivePredictiveValue.estimate).toBeNull();
    expect(rates.specificity).toMatchObject({ count: 1, total: 1, estimate: 1 });
  });
});

describe('predictive values at another prevalence', () => {
  const confusion = {
    truePositives: 95,
    falseNegatives: 5,
    trueNegatives: 180,
    falsePositives: 20,
  };

  it('follows Bayes', () => {
    const found = atPrevalence(confusion, 0.1);
    expect(found?.flagRate).toBeCloseTo(0.1 * 0.95 + 0.9 * 0.1, 12);
    expect(found?.positivePredictiveValue).toBeCloseTo(0.095 / 0.185, 12);
    expect(found?.negativePredictiveValue).toBeCloseTo(0.81 / 0.815, 12);
  });

  it('holds the estimate within its interval, and none where all or nothing is flagged', () => {
    const found = atPrevalence(confusion, 0.01);
    const [low = 1, high = 0] = found?.positiveInterval ?? [];
    expect(low).toBeLessThan(found?.positivePredictiveValue ?? 0);
    expect(high).toBeGreaterThan(found?.positivePredictiveValue ?? 1);
    const nothing = atPrevalence(
      { truePositives: 0, falseNegatives: 4, trueNegatives: 9, falsePositives: 0 },
      0.05,
    );
    expect(nothing).toMatchObject({
      flagRate: 0,
      positivePredictiveValue: null,
      positiveInterval: null,
    });
    expect(nothing?.negativePredictiveValue).toBeCloseTo(0.95, 12);
    expect(
      atPrevalence(
        { truePositives: 0, falseNegatives: 0, trueNegatives: 9, falsePositives: 0 },
        0.05,
      ),
    ).toBeNull();
  });

  it('at the prevalence of the very images gives their own predictive value', () => {
    const found = atPrevalence(confusion, 100 / 300);
    expect(found?.positivePredictiveValue).toBeCloseTo(95 / 115, 12);
  });
});
