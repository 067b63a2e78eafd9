import { reliability } from '#core/statistics/calibration.ts';
import { logisticCalibration } from '#core/statistics/logistic-calibration.ts';
import { defaultPoint } from '../model-description.ts';
import type { LabelFigures, ShownCase } from '../report-schema.ts';
import { clusteredScores, type LabelData } from './label-data.ts';
import { localisationFigures } from './localisation.ts';
import { type FigureSettings, rankingFigures } from './ranking.ts';
import { subgroupFigures } from './subgroups.ts';

export interface LabelSettings extends FigureSettings {
  /** Subgroup variables. */
  readonly variables: readonly string[];
  /** Worst misses and worst false alarms told, of each. */
  readonly worst: number;
  /** Whether they are told with their SOP Instance UIDs. */
  readonly showUids: boolean;
}

const HISTOGRAM_BINS = 20;

function histogram(data: LabelData): LabelFigures['histogram'] {
  const count = (positive: boolean) => {
    const bins = new Array<number>(HISTOGRAM_BINS).fill(0);
    for (const entry of data.units) {
      if (entry.score === undefined || entry.positive !== positive) continue;
      const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor(entry.score * HISTOGRAM_BINS));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    return bins;
  };
  return { positives: count(true), negatives: count(false) };
}

/** The lowest scores with the finding that were not flagged; the highest without it that were. */
function worstCases(
  data: LabelData,
  { worst, showUids }: LabelSettings,
): Pick<LabelFigures, 'misses' | 'falseAlarms'> {
  const { threshold } = defaultPoint(data.label);
  const shown = (positive: boolean): ShownCase[] =>
    data.units
      .flatMap((entry) => {
        if (entry.score === undefined || entry.positive !== positive) return [];
        const isWrong = entry.score >= threshold !== positive;
        if (!isWrong) return [];
        const { caseId, groups, records } = entry.unit;
        const uid = records.length === 1 ? records[0]?.sopInstanceUid : undefined;
        const named = showUids && typeof uid === 'string' ? { sopInstanceUid: uid } : {};
        return [{ caseId, ...named, score: entry.score, groups: { ...groups } }];
      })
      .sort((a, b) => (positive ? a.score - b.score : b.score - a.score))
      .slice(0, worst);
  return { misses: shown(true), falseAlarms: shown(false) };
}

/** All that is told about one label. */
export function labelFigures(data: LabelData, settings: LabelSettings): LabelFigures {
  const scores = clusteredScores(data.units);
  const positives = data.units.filter((entry) => entry.positive).length;
  const analysedPositives = scores.filter((entry) => entry.positive).length;
  return {
    id: data.label.id,
    label: data.label.label,
    counts: {
      positives,
      negatives: data.units.length - positives,
      patients: new Set(data.units.map((entry) => entry.unit.cluster)).size,
      analysedPositives,
      analysedNegatives: scores.length - analysedPositives,
      withoutTruth: data.withoutTruth,
    },
    ...rankingFigures(data, settings),
    reliability: scores.length === 0 ? null : writable(reliability(scores)),
    calibration: logisticCalibration(scores),
    histogram: histogram(data),
    variables: subgroupFigures(data, settings.variables),
    localisation: localisationFigures(data, settings),
    // Its curves need the model: they are added afterwards.
    faithfulness: null,
    ...worstCases(data, settings),
  };
}

function writable(figures: ReturnType<typeof reliability>) {
  return { ...figures, bins: [...figures.bins] };
}
