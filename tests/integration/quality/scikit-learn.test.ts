import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { reliability } from '#core/statistics/calibration.ts';
import { confusionAt, confusionRates } from '#core/statistics/confusion.ts';
import { logisticCalibration } from '#core/statistics/logistic-calibration.ts';
import { mcNemarTest } from '#core/statistics/mcnemar.ts';
import { clopperPearsonInterval, wilsonInterval } from '#core/statistics/proportions.ts';
import { seededRandom } from '#core/statistics/random.ts';
import { aucWithInterval } from '#core/statistics/roc.ts';
import { type LabelledScore, rocCurve } from '#core/statistics/roc-curve.ts';
import { twoSidedNormal } from '#core/statistics/special-functions.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';

interface Figures {
  readonly auc: number;
  readonly fpr: number[];
  readonly tpr: number[];
  readonly thresholds: number[];
  readonly brier: number;
  readonly observed: number[];
  readonly predicted: number[];
  /** True negatives, false positives, false negatives, true positives. */
  readonly confusion: number[];
  readonly recall: number;
  readonly precision: number;
  readonly logistic: [slope: number, intercept: number] | null;
}

interface Answer {
  readonly figures: Figures[];
  readonly mcnemar: number[];
  readonly intervals: [[number, number], [number, number]][];
  readonly tails: number[];
}

const TOLERANCE = 1e-6;

function expectNear(found: number | null | undefined, wanted: number): void {
  expect(Math.abs((found ?? Number.NaN) - wanted)).toBeLessThan(TOLERANCE);
}

/** @param levels distinct scores: few make ties */
function drawn(counts: [positives: number, negatives: number], levels: number, seed: number) {
  const random = seededRandom(seed);
  const draw = (positive: boolean): LabelledScore => {
    const raw = Math.min(1, random() * 0.7 + (positive ? random() * 0.3 : 0));
    return { positive, score: Math.round(raw * levels) / levels };
  };
  return [true, false].flatMap((positive, index) =>
    Array.from({ length: counts[index] ?? 0 }, () => draw(positive)),
  );
}

const of = (positives: readonly number[], negatives: readonly number[]): LabelledScore[] => [
  ...positives.map((score) => ({ score, positive: true })),
  ...negatives.map((score) => ({ score, positive: false })),
];

const CASES: Readonly<Record<string, { scores: LabelledScore[]; threshold: number }>> = {
  'a thousand without ties': { scores: drawn([300, 700], 2 ** 30, 1), threshold: 0.5 },
  'five hundred in eleven levels': { scores: drawn([250, 250], 10, 2), threshold: 0.3 },
  'few with the finding': { scores: drawn([2, 400], 1000, 3), threshold: 0.6 },
  'few without it': { scores: drawn([90, 2], 1000, 4), threshold: 0.2 },
  'two and two': { scores: of([0.4, 0.9], [0.1, 0.6]), threshold: 0.6 },
  'scores of 0 and 1': {
    scores: of([0, 1, 1, 0.5, 0.75], [0, 0, 1, 0.25, 0.5]),
    threshold: 1,
  },
  'scores at the edges of the bins': {
    scores: of([0.1, 0.2, 0.3, 0.6, 0.7, 0.9], [0, 0.1, 0.3, 0.4, 0.6, 0.8, 1]),
    threshold: 0.3,
  },
  'all right': { scores: of([0.8, 0.9, 1], [0.1, 0.2, 0.3]), threshold: 0.5 },
  'all wrong': { scores: of([0.1, 0.2, 0.3], [0.8, 0.9, 1]), threshold: 0.5 },
  'all the same': { scores: of([0.5, 0.5, 0.5], [0.5, 0.5]), threshold: 0.5 },
  'close to 0': { scores: of([2e-8, 1e-7, 3e-3], [1e-8, 5e-8, 1e-3]), threshold: 6e-8 },
  'nothing flagged': { scores: drawn([20, 30], 64, 5), threshold: 1.01 },
};
const NAMES = Object.keys(CASES);
const DISCORDANT: [number, number][] = [
  [0, 0],
  [1, 0],
  [5, 15],
  [40, 31],
  [0, 200],
];
const PROPORTIONS: [number, number][] = [
  [0, 1],
  [1, 1],
  [3, 7],
  [81, 263],
  [1999, 2000],
];
const Z = [0, 0.3, 1.2, 2.4, 2.5, 3.535533905932738, 3.54, 5, 9, 20];

/** Overlap enough that a logistic regression has a finite answer. */
const OVERLAPS = new Set(NAMES.filter((name) => !/^all /.test(name)));

describe.skipIf(missingPython('sklearn', 'scipy', 'numpy'))(
  'the statistics and scikit-learn',
  () => {
    let answer: Answer;

    beforeAll(() => {
      const input = JSON.stringify({
        cases: Object.entries(CASES).map(([name, { scores, threshold }]) => ({
          scores: scores.map((entry) => entry.score),
          truth: scores.map((entry) => (entry.positive ? 1 : 0)),
          threshold,
          overlaps: OVERLAPS.has(name),
        })),
        discordant: DISCORDANT,
        proportions: PROPORTIONS,
        z: Z,
      });
      const script = join(import.meta.dirname, 'scikit-learn.py');
      answer = JSON.parse(execFileSync(PYTHON, [script], { input, encoding: 'utf8' }));
    });

    describe.each(NAMES.map((name, index) => ({ name, index })))('$name', ({ name, index }) => {
      const { scores, threshold } = CASES[name] ?? { scores: [], threshold: 0 };
      const theirs = () => {
        const figures = answer.figures[index];
        if (figures === undefined) throw new Error(`no answer for ${name}`);
        return figures;
      };

      it('have one ROC curve and one area', () => {
        const by = (positive: boolean) =>
          scores.filter((s) => s.positive === positive).map((s) => s.score);
        const [positives, negatives] = [by(true), by(false)];
        expectNear(aucWithInterval(positives, negatives).auc, theirs().auc);
        const curve = rocCurve(scores);
        expect(curve).toHaveLength(theirs().fpr.length);
        for (const [at, point] of curve.entries()) {
          expectNear(point.falsePositives / negatives.length, theirs().fpr[at] ?? Number.NaN);
          expectNear(point.truePositives / positives.length, theirs().tpr[at] ?? Number.NaN);
          // The first point flags nothing: its threshold is a matter of taste.
          if (at > 0) expect(point.threshold).toBe(theirs().thresholds[at - 1]);
        }
      });

      it('agree on the confusion and its rates', () => {
        const found = confusionAt(scores, threshold);
        const { trueNegatives, falsePositives, falseNegatives, truePositives } = found;
        expect([trueNegatives, falsePositives, falseNegatives, truePositives]).toEqual(
          theirs().confusion,
        );
        const rates = confusionRates(found);
        expectNear(rates.sensitivity.estimate, theirs().recall);
        expectNear(rates.positivePredictiveValue.estimate ?? 0, theirs().precision);
      });

      it('agree on Brier and the reliability curve', () => {
        const found = reliability(scores);
        expectNear(found.brier, theirs().brier);
        expect(found.bins).toHaveLength(theirs().observed.length);
        for (const [at, bin] of found.bins.entries()) {
          expectNear(bin.observed, theirs().observed[at] ?? Number.NaN);
          expectNear(bin.meanScore, theirs().predicted[at] ?? Number.NaN);
        }
      });

      it('agree on calibration slope and intercept, where there is one', () => {
        const found = logisticCalibration(scores);
        const fit = theirs().logistic;
        expect(found === null).toBe(fit === null);
        if (found === null || fit === null) return;
        // Their solver stops at a gradient, not at a coefficient: hence relative for large ones.
        const scale = Math.max(1, Math.abs(fit[0]), Math.abs(fit[1]));
        expectNear(found.slope.estimate / scale, fit[0] / scale);
        expectNear(found.intercept.estimate / scale, fit[1] / scale);
      });
    });

    it("agree on McNemar's test, the intervals of proportions and the normal tail", () => {
      for (const [at, [first, second]] of DISCORDANT.entries()) {
        const one = [...new Array(first).fill(true), ...new Array(second).fill(false), true];
        const other = [...new Array(first).fill(false), ...new Array(second).fill(true), true];
        expectNear(mcNemarTest(one, other).pValue, answer.mcnemar[at] ?? Number.NaN);
      }
      for (const [at, [count, total]] of PROPORTIONS.entries()) {
        const [wilson, exact] = answer.intervals[at] ?? [];
        for (const end of [0, 1] as const) {
          expectNear(wilsonInterval(count, total)[end], wilson?.[end] ?? Number.NaN);
          expectNear(clopperPearsonInterval(count, total)[end], exact?.[end] ?? Number.NaN);
        }
      }
      for (const [at, z] of Z.entries()) {
        const theirs = answer.tails[at] ?? Number.NaN;
        expect(Math.abs(twoSidedNormal(z) / theirs - 1)).toBeLessThan(TOLERANCE);
      }
    });
  },
);
