import { clusterBootstrap, percentileInterval } from '#core/statistics/bootstrap.ts';
import { areaUnder } from '#models/explain/faithfulness.ts';
import type { FaithfulnessFigures } from '../faithfulness-schema.ts';
import type { JudgedCurves, JudgedMapRecord, MapOrigin } from '../judged-map.ts';

/** One image's judged map, with its patient. */
export interface JudgedCase {
  /** The patient, any number. */
  readonly cluster: number;
  readonly curves: JudgedMapRecord['curves'];
}

export interface FaithfulnessInput {
  readonly origin: MapOrigin;
  /** Flagged images that could have been judged. */
  readonly flagged: number;
  readonly judged: readonly JudgedCase[];
  readonly repeats: number;
  readonly seed: number;
}

type Maps = NonNullable<JudgedMapRecord['curves']>;
type Kind = keyof JudgedCurves;

const NAMES = ['map', 'centre', 'random'] as const;

/** A few patients drawn again and again say nothing of others: no interval is told. */
const FEWEST_PATIENTS = 5;

/** Steps are of one size. */
function areaOf(scores: readonly number[]): number {
  return areaUnder(fractionsOf(scores), scores);
}

function fractionsOf(scores: readonly number[]): number[] {
  return scores.map((_, step) => step / (scores.length - 1));
}

/** Images of a patient together, the patients numbered without gaps. */
function groupByPatient<T extends { cluster: number }>(cases: readonly T[]): T[][] {
  return [...Map.groupBy(cases, ({ cluster }) => cluster).values()];
}

type Case = JudgedCase & { readonly curves: Maps };

/** Mean of a number over the images, with its interval from resampled patients. */
function meanOver(
  cases: readonly Case[],
  measure: (maps: Maps) => number,
  { repeats, seed }: Pick<FaithfulnessInput, 'repeats' | 'seed'>,
): FaithfulnessFigures['maps'][number]['deletion'] {
  const patients = groupByPatient(cases).map((own) => own.map(({ curves }) => measure(curves)));
  const mean = (weights: ArrayLike<number>) => {
    let [sum, count] = [0, 0];
    for (const [index, values] of patients.entries()) {
      const weight = weights[index] ?? 0;
      for (const value of values) sum += weight * value;
      count += weight * values.length;
    }
    return sum / count;
  };
  const options = { clusters: patients.length, repeats, seed };
  const [estimates = new Float64Array()] = clusterBootstrap(options, (weights) => [mean(weights)]);
  const estimate = mean(patients.map(() => 1));
  const interval =
    patients.length < FEWEST_PATIENTS ? null : percentileInterval(estimates, repeats);
  return { estimate, interval };
}

function meanCurve(cases: readonly Case[], name: keyof Maps, kind: Kind): number[] {
  const first = cases[0]?.curves[name][kind] ?? [];
  return first.map(
    (_, step) =>
      cases.reduce((sum, { curves }) => sum + (curves[name][kind][step] ?? 0), 0) / cases.length,
  );
}

/** Whether the places that a map marks are those that the score comes from; null when no map was judged. */
export function faithfulnessFigures(input: FaithfulnessInput): FaithfulnessFigures | null {
  const cases = input.judged.filter((one): one is Case => one.curves !== null);
  if (cases.length === 0) return null;
  const curve = (kind: Kind) => ({
    map: meanCurve(cases, 'map', kind),
    random: meanCurve(cases, 'random', kind),
  });
  const deletion = curve('deletion');
  return {
    origin: input.origin,
    flagged: input.flagged,
    images: cases.length,
    patients: groupByPatient(cases).length,
    withoutMap: input.judged.length - cases.length,
    fractions: fractionsOf(deletion.map),
    curves: { deletion, insertion: curve('insertion') },
    maps: NAMES.map((name) => {
      const mean = (kind: Kind) => meanOver(cases, (maps) => areaOf(maps[name][kind]), input);
      const less = (kind: Kind) =>
        name === 'random'
          ? null
          : meanOver(cases, (maps) => areaOf(maps[name][kind]) - areaOf(maps.random[kind]), input);
      return {
        name,
        deletion: mean('deletion'),
        insertion: mean('insertion'),
        deletionLessRandom: less('deletion'),
        insertionLessRandom: less('insertion'),
      };
    }),
  };
}
