import { labelData } from './figures/label-data.ts';
import { labelFigures } from './figures/label-figures.ts';
import { chooseVariables } from './groups.ts';
import type { ModelDescription } from './model-description.ts';
import type { EvaluationReport } from './report-schema.ts';
import type { Truth } from './truth.ts';
import type { EvaluationUnit, JoinedUnits } from './units.ts';

export interface EvaluationSettings {
  readonly bootstrapRepeats: number;
  readonly seed: number;
  readonly prevalences: readonly number[];
  readonly ageBands: readonly number[];
  /** Worst misses and worst false alarms told, of each. */
  readonly worst: number;
  /** Whether they are told with their SOP Instance UIDs. */
  readonly showUids: boolean;
}

export interface EvaluationInput {
  readonly model: ModelDescription;
  readonly truth: Truth;
  readonly joined: JoinedUnits;
  /** Images or series given. */
  readonly files: number;
  /** Images or series that were not looked at, because the truth file does not name them. */
  readonly skipped: number;
  /** Name and version of this program. */
  readonly product: string;
  readonly createdAt: Date;
}

const MOST_CASES = 100;

function outcomeFigures(units: readonly EvaluationUnit[]): EvaluationReport['outcomes'] {
  const key = (unit: EvaluationUnit) =>
    JSON.stringify([unit.outcome, unit.outcome === 'analysed' ? null : (unit.reason ?? null)]);
  return [...Map.groupBy(units, key)]
    .map(([, members]) => {
      const [first] = members;
      const outcome = first?.outcome ?? 'no-image';
      const isAnalysed = outcome === 'analysed';
      return {
        outcome,
        reason: isAnalysed ? null : (first?.reason ?? null),
        count: members.length,
        cases: isAnalysed ? [] : members.slice(0, MOST_CASES).map((unit) => unit.caseId),
      };
    })
    .sort((a, b) => b.count - a.count);
}

function unitKind({ by }: Truth, units: readonly EvaluationUnit[]): EvaluationReport['unit'] {
  if (by === 'StudyInstanceUID') return 'study';
  if (by === 'SeriesInstanceUID') return 'series';
  return units.some(({ records }) => records.some(({ slices }) => slices !== undefined))
    ? 'series'
    : 'image';
}

/** The report of one model on images with truth: figures only, and digests instead of names. */
export function evaluate(input: EvaluationInput, settings: EvaluationSettings): EvaluationReport {
  const { model, truth, joined } = input;
  const { units } = joined;
  const { used, leftOut } = chooseVariables(units.map((unit) => unit.groups));
  const analysed = units.filter((unit) => unit.outcome === 'analysed').length;
  const labels = model.labels
    .map((label) => labelData(label, units))
    .filter((data) => data.units.length > 0);
  return {
    schemaVersion: 2,
    kind: 'evaluation',
    createdAt: input.createdAt.toISOString(),
    product: input.product,
    model,
    unit: unitKind(truth, units),
    counts: {
      files: input.files,
      units: units.length,
      patients: new Set(units.map((unit) => unit.cluster)).size,
      analysed,
      notAnalysed: units.length - analysed,
      withoutTruth: joined.withoutTruth.length + input.skipped,
      withoutImage: joined.withoutImage,
      notChosen: truth.notChosen,
    },
    choice: [...truth.choice],
    knowsPatients: truth.hasPatients,
    outcomes: outcomeFigures(units),
    settings: {
      bootstrapRepeats: settings.bootstrapRepeats,
      seed: settings.seed,
      prevalences: [...settings.prevalences],
      ageBands: [...settings.ageBands],
      variablesLeftOut: [...leftOut],
    },
    labels: labels.map((data) => labelFigures(data, { ...settings, variables: used })),
  };
}
