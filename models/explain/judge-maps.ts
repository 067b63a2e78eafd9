import {
  areaUnder,
  centredBlob,
  type FaithfulnessOptions,
  measureFaithfulness,
  type RankedMap,
  randomMap,
} from './faithfulness.ts';
import type { NetworkInput } from './network-input.ts';

/** Random maps drawn for each image: one is luck. */
const RANDOM_MAPS = 3;

export interface JudgedMap {
  /** The name it was given under, or 'random' or 'centre', the baselines. */
  readonly name: string;
  /** Areas under the curves. */
  readonly deletion: number;
  readonly insertion: number;
  /** The scores after each step, from nothing to everything deleted or inserted. */
  readonly curves: { readonly deletion: readonly number[]; readonly insertion: readonly number[] };
}

/** Both curves for several maps of one image, and for the two baselines; random is the mean of three. */
export async function judgeMaps(
  input: NetworkInput,
  maps: Readonly<Record<string, RankedMap>>,
  options: FaithfulnessOptions,
): Promise<JudgedMap[]> {
  const judged: JudgedMap[] = [];
  for (const [name, map] of Object.entries({ ...maps, centre: centredBlob() })) {
    judged.push(nameCurves(name, [await curvesOf(input, map, options)]));
  }
  const random: Curves[] = [];
  for (let draw = 0; draw < RANDOM_MAPS; draw += 1) {
    random.push(await curvesOf(input, randomMap(`${options.seed}/${draw}`), options));
  }
  return [...judged, nameCurves('random', random)];
}

type Curves = JudgedMap['curves'];

async function curvesOf(
  input: NetworkInput,
  map: RankedMap,
  options: FaithfulnessOptions,
): Promise<Curves> {
  const { deletion, insertion } = await measureFaithfulness(input, map, options);
  return { deletion: deletion.scores, insertion: insertion.scores };
}

/** The mean of the curves, and the areas under it: steps are of one size. */
function nameCurves(name: string, all: readonly Curves[]): JudgedMap {
  const mean = (kind: keyof Curves) =>
    (all[0]?.[kind] ?? []).map(
      (_, step) => all.reduce((sum, curves) => sum + (curves[kind][step] ?? 0), 0) / all.length,
    );
  const curves = { deletion: mean('deletion'), insertion: mean('insertion') };
  const area = (scores: readonly number[]) =>
    areaUnder(
      scores.map((_, step) => step / (scores.length - 1)),
      scores,
    );
  return { name, deletion: area(curves.deletion), insertion: area(curves.insertion), curves };
}
