import { describe, expect, it } from 'vitest';
import {
  areaUnder,
  centredBlob,
  measureFaithfulness,
  type RankedMap,
  randomMap,
} from '#models/explain/faithfulness.ts';
import { fillInput } from '#models/explain/fill.ts';
import type { NetworkInput, ScoreInputs } from '#models/explain/network-input.ts';

const SIDE = 64;
const HALF = SIDE / 2;

/** A checkerboard of single pixels in the upper left quarter, grey elsewhere: its blur is grey all over. */
function checkered(): NetworkInput {
  const data = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const y = Math.floor(i / SIDE);
    const x = i % SIDE;
    return y < HALF && x < HALF ? (y + x) % 2 : 0.5;
  });
  return { data, channels: 1, rows: SIDE, columns: SIDE };
}

/** The share of the upper left quarter that is checkered: 1 for the image, about 0 for its blur. */
const scoreContrast: ScoreInputs = async (inputs) =>
  inputs.map((data) => {
    let sum = 0;
    for (let y = 0; y < HALF; y += 1) {
      for (let x = 0; x < HALF; x += 1) sum += Math.abs((data[y * SIDE + x] ?? 0) - 0.5) * 2;
    }
    return sum / HALF ** 2;
  });

const options = { score: scoreContrast, steps: 16, batch: 5, seed: 'image' };

/** One where the score comes from, zero elsewhere; or the opposite. */
function quarterMap(inQuarter: number): RankedMap {
  return { values: [inQuarter, 0, 0, 0], rows: 2, columns: 2 };
}

/** A map as fine as the image: the enlargement of a coarse one runs over the quarter's border. */
function exactMap(sign: 1 | -1): RankedMap {
  const values = Float64Array.from({ length: SIDE * SIDE }, (_, i) =>
    Math.floor(i / SIDE) < HALF && i % SIDE < HALF ? sign : 0,
  );
  return { values, rows: SIDE, columns: SIDE };
}

describe('faithfulness', () => {
  it('starts and ends where it must', async () => {
    const input = checkered();
    const { deletion, insertion } = await measureFaithfulness(input, exactMap(1), options);
    const [whole = 0, blurred = 0] = await scoreContrast([
      input.data,
      fillInput(input, 'local-mean', SIDE / 16),
    ]);
    expect(deletion.fractions).toHaveLength(17);
    expect(deletion.scores[0]).toBeCloseTo(whole, 6);
    expect(deletion.scores.at(-1)).toBeCloseTo(blurred, 6);
    expect(insertion.scores[0]).toBeCloseTo(blurred, 6);
    expect(insertion.scores.at(-1)).toBeCloseTo(whole, 6);
  });

  it('gives the area that follows from a perfect map and from its opposite', async () => {
    const input = checkered();
    const perfect = await measureFaithfulness(input, exactMap(1), options);
    const worst = await measureFaithfulness(input, exactMap(-1), options);
    const { deletion } = perfect;
    const [blurred = 0] = [deletion.scores.at(-1)];
    // The quarter goes in the first four of sixteen steps, in a straight line from 1 to what the blur scores.
    expect(deletion.auc).toBeCloseTo(0.25 * ((1 + blurred) / 2) + 0.75 * blurred, 2);
    expect(perfect.insertion.auc).toBeCloseTo(0.25 * ((1 + blurred) / 2) + 0.75, 2);
    expect(worst.deletion.auc).toBeCloseTo(0.75 + 0.25 * ((1 + blurred) / 2), 2);
  });

  it('tells a map that knows from one that knows nothing, and from the middle', async () => {
    const input = checkered();
    const knowing = await measureFaithfulness(input, quarterMap(1), options);
    for (const baseline of [randomMap('a'), randomMap('b'), centredBlob()]) {
      const ignorant = await measureFaithfulness(input, baseline, options);
      expect(knowing.deletion.auc).toBeLessThan(ignorant.deletion.auc - 0.1);
      expect(knowing.insertion.auc).toBeGreaterThan(ignorant.insertion.auc + 0.1);
    }
  });

  it('orders equal cells by chance, not from the upper left', async () => {
    const flat: RankedMap = { values: [0, 0, 0, 0], rows: 2, columns: 2 };
    const { deletion } = await measureFaithfulness(checkered(), flat, options);
    // Pixels of the whole image go evenly: a straight line.
    expect(deletion.scores[8]).toBeCloseTo(
      ((deletion.scores[0] ?? 0) + (deletion.scores.at(-1) ?? 0)) / 2,
      1,
    );
  });

  it('gives the same curves for the same seed', async () => {
    const once = await measureFaithfulness(checkered(), randomMap('a'), options);
    const again = await measureFaithfulness(checkered(), randomMap('a'), { ...options, batch: 17 });
    expect(again).toEqual(once);
  });
});

describe('the area under a curve', () => {
  it('is by trapezoids', () => {
    expect(areaUnder([0, 0.5, 1], [1, 0.5, 0.5])).toBeCloseTo(0.625, 12);
    expect(areaUnder([0, 1], [0, 1])).toBe(0.5);
  });
});
