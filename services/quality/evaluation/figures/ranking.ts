import { confusionAt, confusionRates } from '#core/statistics/confusion.ts';
import { atPrevalence } from '#core/statistics/predictive-values.ts';
import { aucWithInterval } from '#core/statistics/roc.ts';
import { BAND_RATES, bootstrapRoc } from '#core/statistics/roc-bootstrap.ts';
import { type LabelledScore, type RocPoint, rocCurve } from '#core/statistics/roc-curve.ts';
import type { AucFigure, LabelFigures, PointFigures } from '../report-schema.ts';
import { clusteredScores, type LabelData, withNotAnalysed } from './label-data.ts';

export interface FigureSettings {
  readonly bootstrapRepeats: number;
  readonly seed: number;
  readonly prevalences: readonly number[];
}

/** None with fewer than two of either truth. */
export function aucOf(scores: readonly LabelledScore[]): AucFigure | null {
  const of = (positive: boolean) =>
    scores.filter((entry) => entry.positive === positive).map((entry) => entry.score);
  const [positives, negatives] = [of(true), of(false)];
  if (positives.length < 2 || negatives.length < 2) return null;
  return aucWithInterval(positives, negatives);
}

/** More points than pixels help nobody; the corners that a curve turns at stay. */
const MOST_CURVE_POINTS = 500;

export function thin<T>(points: readonly T[]): T[] {
  const step = Math.max(1, points.length / MOST_CURVE_POINTS);
  const kept = new Set<number>();
  for (let at = 0; at < points.length; at += step) kept.add(Math.floor(at));
  kept.add(points.length - 1);
  return points.filter((_, index) => kept.has(index));
}

/** Points in the middle of a level or rising stretch draw nothing. */
function corners(points: readonly RocPoint[]): RocPoint[] {
  return points.filter((_, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (before === undefined || after === undefined) return true;
    const level = before.truePositives === after.truePositives;
    const upright = before.falsePositives === after.falsePositives;
    return !level && !upright;
  });
}

type Ranking = Pick<
  LabelFigures,
  'auc' | 'aucBootstrap' | 'aucWithNotAnalysed' | 'roc' | 'band' | 'points'
>;

/** How the scores rank, and what their thresholds do. */
export function rankingFigures(data: LabelData, settings: FigureSettings): Ranking {
  const scores = clusteredScores(data.units);
  const everything = withNotAnalysed(data.units);
  const points = data.label.operatingPoints;
  const positives = scores.filter((entry) => entry.positive).length;
  const negatives = scores.length - positives;
  const isDrawn = positives > 0 && negatives > 0;
  const resampled = bootstrapRoc(
    scores,
    points.map((point) => point.threshold),
    { repeats: settings.bootstrapRepeats, seed: settings.seed },
  );
  return {
    auc: aucOf(scores),
    aucBootstrap: resampled.auc,
    aucWithNotAnalysed: aucOf(everything),
    roc: isDrawn
      ? thin(corners(rocCurve(scores))).map((point) => [
          point.falsePositives / negatives,
          point.truePositives / positives,
        ])
      : [],
    band: resampled.band.flatMap((interval, index) => {
      const at = BAND_RATES[index] ?? 0;
      return interval === null ? [] : [[at, ...interval] as [number, number, number]];
    }),
    points: points.map((point, index): PointFigures => {
      const { threshold } = point;
      const confusion = confusionAt(scores, threshold);
      const all = confusionRates(confusionAt(everything, threshold));
      return {
        ...point,
        confusion,
        ...confusionRates(confusion),
        bootstrap: {
          sensitivity: resampled.sensitivity[index] ?? null,
          specificity: resampled.specificity[index] ?? null,
        },
        withNotAnalysed: { sensitivity: all.sensitivity, specificity: all.specificity },
        atPrevalence: settings.prevalences
          .map((prevalence) => atPrevalence(confusion, prevalence))
          .filter((figures) => figures !== null),
      };
    }),
  };
}
