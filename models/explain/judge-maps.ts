import {
  centredBlob,
  type FaithfulnessOfMap,
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
  readonly deletion: number;
  readonly insertion: number;
}

/** The areas under both curves for several maps of one image, and for the two baselines; random is the mean of three. */
export async function judgeMaps(
  input: NetworkInput,
  maps: Readonly<Record<string, RankedMap>>,
  options: FaithfulnessOptions,
): Promise<JudgedMap[]> {
  const judged: JudgedMap[] = [];
  for (const [name, map] of Object.entries({ ...maps, centre: centredBlob() })) {
    judged.push({ name, ...areas(await measureFaithfulness(input, map, options)) });
  }
  let [deletion, insertion] = [0, 0];
  for (let draw = 0; draw < RANDOM_MAPS; draw += 1) {
    const map = randomMap(`${options.seed}/${draw}`);
    const one = areas(await measureFaithfulness(input, map, options));
    deletion += one.deletion / RANDOM_MAPS;
    insertion += one.insertion / RANDOM_MAPS;
  }
  return [...judged, { name: 'random', deletion, insertion }];
}

function areas({ deletion, insertion }: FaithfulnessOfMap) {
  return { deletion: deletion.auc, insertion: insertion.auc };
}
