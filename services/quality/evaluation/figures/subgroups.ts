import { compareIndependentAucs } from '#core/statistics/compare-aucs.ts';
import { confusionAt, confusionRates } from '#core/statistics/confusion.ts';
import { holmAdjust } from '#core/statistics/holm.ts';
import { orderValues, UNKNOWN } from '../groups.ts';
import { defaultPoint } from '../model-description.ts';
import type { VariableFigures } from '../report-schema.ts';
import { clusteredScores, type JudgedUnit, type LabelData } from './label-data.ts';
import { aucOf } from './ranking.ts';

type Group = VariableFigures['groups'][number];

function groupOf({ unit }: JudgedUnit, variable: string): string {
  return unit.groups[variable] ?? UNKNOWN;
}

/** The group's area against that of everyone else whose value is known. */
function compareToRest(
  data: LabelData,
  variable: string,
  value: string,
): Group['differenceToRest'] {
  if (value === UNKNOWN) return null;
  const known = data.units.filter((unit) => groupOf(unit, variable) !== UNKNOWN);
  const own = aucOf(clusteredScores(known.filter((unit) => groupOf(unit, variable) === value)));
  const rest = aucOf(clusteredScores(known.filter((unit) => groupOf(unit, variable) !== value)));
  if (own === null || rest === null) return null;
  const { difference, interval, pValue } = compareIndependentAucs(own, rest);
  return { difference, interval, pValue, holm: null };
}

function groupFigures(data: LabelData, variable: string, value: string): Group {
  const units = data.units.filter((unit) => groupOf(unit, variable) === value);
  const scores = clusteredScores(units);
  const { threshold } = defaultPoint(data.label);
  const { sensitivity, specificity } = confusionRates(confusionAt(scores, threshold));
  const positives = scores.filter((entry) => entry.positive).length;
  return {
    value,
    positives,
    negatives: scores.length - positives,
    notAnalysed: units.length - scores.length,
    auc: aucOf(scores),
    sensitivity,
    specificity,
    differenceToRest: compareToRest(data, variable, value),
  };
}

/** How well a variable of two values would rank all by itself: a shortcut that a model may have learned. */
function aloneFigures(data: LabelData, variable: string): VariableFigures['alone'] {
  const known = data.units.filter((unit) => groupOf(unit, variable) !== UNKNOWN);
  const values = orderValues(known.map((unit) => groupOf(unit, variable)));
  if (values.length !== 2) return null;
  const candidates = values.map((value) => ({
    value,
    auc: aucOf(
      known
        .filter((unit) => unit.score !== undefined)
        .map((unit) => ({
          positive: unit.positive,
          score: groupOf(unit, variable) === value ? 1 : 0,
        })),
    ),
  }));
  const best = candidates.find(({ auc }) => auc !== null && auc.auc >= 0.5);
  return best === undefined || best.auc === null ? null : { value: best.value, auc: best.auc };
}

/** Two groups of one variable make one comparison, seen from either side. */
function isSecondSide(figures: VariableFigures, group: Group): boolean {
  const compared = figures.groups.filter((one) => one.differenceToRest !== null);
  return compared.length === 2 && compared[1] === group;
}

function adjust(all: readonly VariableFigures[]): VariableFigures[] {
  const tests = all.flatMap((figures) =>
    figures.groups.filter((group) => !isSecondSide(figures, group)),
  );
  const adjusted = holmAdjust(tests.map((group) => group.differenceToRest?.pValue ?? null));
  const byGroup = new Map(tests.map((group, index) => [group, adjusted[index] ?? null]));
  return all.map((figures) => ({
    ...figures,
    groups: figures.groups.map((group) => {
      if (group.differenceToRest === null) return group;
      const first = figures.groups.find((one) => one.differenceToRest !== null);
      const holm = byGroup.get(group) ?? (first === undefined ? null : byGroup.get(first)) ?? null;
      return { ...group, differenceToRest: { ...group.differenceToRest, holm } };
    }),
  }));
}

/** Every variable's groups, with the tests between them adjusted for being many. */
export function subgroupFigures(data: LabelData, variables: readonly string[]): VariableFigures[] {
  return adjust(
    variables.map((variable) => ({
      variable,
      groups: orderValues(data.units.map((unit) => groupOf(unit, variable))).map((value) =>
        groupFigures(data, variable, value),
      ),
      alone: aloneFigures(data, variable),
    })),
  );
}
