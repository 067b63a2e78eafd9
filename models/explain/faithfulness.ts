import { fillInput } from './fill.ts';
import type { GridSize } from './map-grid.ts';
import { blendInputs, type NetworkInput, type ScoreInputs } from './network-input.ts';
import { seededStream, shuffle } from './seeded-stream.ts';

/** A map whose order of pixels is judged: any finite numbers, the most important place the largest. */
export interface RankedMap extends GridSize {
  readonly values: ArrayLike<number>;
}

/** The score after each step; `fractions` are shares of the image that were deleted or inserted, 0 and 1 included. */
export interface PerturbationCurve {
  readonly fractions: readonly number[];
  readonly scores: readonly number[];
  /** Area under the scores, by trapezoids. */
  readonly auc: number;
}

export interface FaithfulnessOfMap {
  /** Lower is better: the score falls at once where what matters goes first. */
  readonly deletion: PerturbationCurve;
  /** Higher is better: the score rises at once where what matters comes first. */
  readonly insertion: PerturbationCurve;
}

export interface FaithfulnessOptions {
  readonly score: ScoreInputs;
  /** Steps of equal numbers of pixels. */
  readonly steps: number;
  /** Inputs in one call of the score function. */
  readonly batch: number;
  /** Orders pixels of the same importance by chance, the same for the same seed. */
  readonly seed: string;
}

/**
 * Deletion and insertion (Petsiuk, Das, Saenko, BMVC 2018), both against the input's local mean (blurred by a sixteenth
 * of its longer side): a fill of one grey would cut dark or bright shapes into a radiograph, and the score would answer
 * to them. Pixels go or come in the map's order, the most important first.
 */
export async function measureFaithfulness(
  input: NetworkInput,
  map: RankedMap,
  options: FaithfulnessOptions,
): Promise<FaithfulnessOfMap> {
  const radius = Math.max(1, Math.round(Math.max(input.rows, input.columns) / 16));
  const hidden = fillInput(input, 'local-mean', radius);
  const ranks = rankPixels(map, input, options.seed);
  const blurred: NetworkInput = { ...input, data: hidden };
  return {
    deletion: await curveOf(input, { ranks, replacement: hidden }, options),
    insertion: await curveOf(blurred, { ranks, replacement: input.data }, options),
  };
}

/** The place of each pixel in the order, 0 the most important. */
function rankPixels(map: RankedMap, input: GridSize, seed: string): Uint32Array {
  const importance = enlargeMap(map, input);
  const next = seededStream(`faithfulness/${seed}`);
  const pixels = shuffle([...importance.keys()], next);
  pixels.sort((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0));
  const ranks = new Uint32Array(importance.length);
  for (const [rank, pixel] of pixels.entries()) ranks[pixel] = rank;
  return ranks;
}

/** Bilinear between the cells' centres, their values going on to the border. */
function enlargeMap({ values, rows, columns }: RankedMap, to: GridSize): Float64Array {
  const out = new Float64Array(to.rows * to.columns);
  const place = (i: number, side: number, cells: number) => {
    const at = Math.min(Math.max(((i + 0.5) * cells) / side - 0.5, 0), cells - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, cells - 1), part: at - low };
  };
  const across = Array.from({ length: to.columns }, (_, x) => place(x, to.columns, columns));
  for (let y = 0; y < to.rows; y += 1) {
    const { low, high, part } = place(y, to.rows, rows);
    for (const [x, column] of across.entries()) {
      const mix = (row: number) => {
        const left = values[row * columns + column.low] ?? 0;
        return left + column.part * ((values[row * columns + column.high] ?? 0) - left);
      };
      const upper = mix(low);
      out[y * to.columns + x] = upper + part * (mix(high) - upper);
    }
  }
  return out;
}

async function curveOf(
  from: NetworkInput,
  { ranks, replacement }: { ranks: Uint32Array; replacement: Float32Array },
  { score, steps, batch }: FaithfulnessOptions,
): Promise<PerturbationCurve> {
  const fractions = Array.from({ length: steps + 1 }, (_, step) => step / steps);
  const scores: number[] = [];
  for (let start = 0; start < fractions.length; start += batch) {
    const inputs = fractions.slice(start, start + batch).map((fraction) => {
      const kept = Float32Array.from(ranks, (rank) => (rank < fraction * ranks.length ? 0 : 1));
      return blendInputs(from, replacement, kept);
    });
    scores.push(...(await score(inputs)));
  }
  return { fractions, scores, auc: areaUnder(fractions, scores) };
}

/** By trapezoids. */
export function areaUnder(x: readonly number[], y: readonly number[]): number {
  let area = 0;
  for (let i = 1; i < x.length; i += 1) {
    area += ((x[i] ?? 0) - (x[i - 1] ?? 0)) * (((y[i] ?? 0) + (y[i - 1] ?? 0)) / 2);
  }
  return area;
}

/** Side of the random baseline's grid: blobs as large as what the methods hide, so that size alone decides nothing. */
const RANDOM_CELLS = 8;

/** A map that knows nothing of the image: random numbers on a coarse grid. */
export function randomMap(seed: string): RankedMap {
  const next = seededStream(`random-map/${seed}`);
  const values = Float64Array.from({ length: RANDOM_CELLS ** 2 }, next);
  return { values, rows: RANDOM_CELLS, columns: RANDOM_CELLS };
}

const BLOB_CELLS = 32;

/** A map that knows only that pictures are taken of what is in their middle: falls with the distance from it. */
export function centredBlob(): RankedMap {
  const middle = (BLOB_CELLS - 1) / 2;
  const values = Float64Array.from({ length: BLOB_CELLS ** 2 }, (_, i) => {
    const y = Math.floor(i / BLOB_CELLS) - middle;
    const x = (i % BLOB_CELLS) - middle;
    return -Math.hypot(x, y);
  });
  return { values, rows: BLOB_CELLS, columns: BLOB_CELLS };
}
