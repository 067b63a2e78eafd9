import { describe, expect, it } from 'vitest';
import { type Explanation, shownFrom } from '#models/explain/explanation.ts';
import { fillInput } from '#models/explain/fill.ts';
import { cellStart, gridOver } from '#models/explain/map-grid.ts';
import type { NetworkInput, ScoreInputs } from '#models/explain/network-input.ts';
import { explainByOcclusion, type Patch, planPatches } from '#models/explain/occlusion.ts';
import { defaultRise, explainByRise } from '#models/explain/rise.ts';
import { riseMasks } from '#models/explain/rise-masks.ts';
import { scoreWithinBudget } from '#models/explain/score-within-budget.ts';
import { seededStream } from '#models/explain/seeded-stream.ts';

const SIDE = 64;
const AMPLE_MS = 600_000;
const SPOT = { top: 40, left: 8, side: 10 };

/** Grey noise with one bright square. */
function spotImage(channels = 1): NetworkInput {
  const next = seededStream('spot image');
  const data = Float32Array.from({ length: channels * SIDE * SIDE }, (_, i) => {
    const y = Math.floor(i / SIDE) % SIDE;
    const x = i % SIDE;
    return inSpot(y, x) ? 1 : 0.2 + 0.1 * next();
  });
  return { data, channels, rows: SIDE, columns: SIDE };
}

function inSpot(y: number, x: number): boolean {
  const { top, left, side } = SPOT;
  return y >= top && y < top + side && x >= left && x < left + side;
}

function spotMean(data: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < SIDE * SIDE; i += 1) {
    if (inSpot(Math.floor(i / SIDE), i % SIDE)) sum += data[i] ?? 0;
  }
  return sum / SPOT.side ** 2;
}

/** A black box whose score is how bright the known square is, and nothing else. */
const scoreSpot: ScoreInputs = async (inputs) => inputs.map(spotMean);

function taskOf(input: NetworkInput, overrides: { score?: number; budgetMs?: number } = {}) {
  return { input, score: 1, budgetMs: AMPLE_MS, batch: 8, seed: 'study', ...overrides };
}

/** Source pixel under the middle of the hottest cell. */
function peakOf({ values, rows, columns }: Explanation): { y: number; x: number; value: number } {
  const value = Math.max(...values);
  const at = values.indexOf(value);
  return {
    y: ((Math.floor(at / columns) + 0.5) * SIDE) / rows,
    x: (((at % columns) + 0.5) * SIDE) / columns,
    value,
  };
}

describe.each([
  { method: 'occlusion', explain: explainByOcclusion },
  { method: 'rise', explain: explainByRise },
] as const)('explanation by $method', ({ method, explain }) => {
  it('peaks where the score comes from', async () => {
    const map = await explain(taskOf(spotImage()), scoreSpot);
    expect(map.origin).toBe(method);
    expect(map.sufficient).toBe(true);
    expect(map.masks).toBe(map.plannedMasks);
    const { y, x, value } = peakOf(map);
    expect(inSpot(Math.floor(y), Math.floor(x))).toBe(true);
    expect(value).toBeGreaterThan(shownFrom(map));
    expect(value).toBeGreaterThan(0.15);
    expect(Math.min(...map.values)).toBe(0);
    expect(Math.max(...map.values)).toBeLessThanOrEqual(1);
  });

  it('is the same map for the same study, whatever the batch', async () => {
    const first = await explain(taskOf(spotImage()), scoreSpot);
    const again = await explain({ ...taskOf(spotImage()), batch: 3 }, scoreSpot);
    expect(again.values).toEqual(first.values);
  });

  it('stays flat when nothing in the image matters', async () => {
    const constant = await explain(taskOf(spotImage(), { score: 0.7 }), async (inputs) =>
      inputs.map(() => 0.7),
    );
    expect(Math.max(...constant.values)).toBeLessThan(1e-9);
    const next = seededStream('noise of a score');
    const noisy = await explain(taskOf(spotImage(), { score: 0.7 }), async (inputs) =>
      inputs.map(() => 0.7 + 0.02 * (next() - 0.5)),
    );
    // Not stretched: a hundredth of the score stays a hundredth, and no place of the map is shown.
    expect(Math.max(...noisy.values)).toBeLessThan(0.02);
    expect(Math.max(...noisy.values)).toBeLessThan(shownFrom(noisy));
  });

  it('means the share of the score that is lost, whatever the size of the score', async () => {
    const whole = await explain(taskOf(spotImage()), scoreSpot);
    const tenth = await explain(taskOf(spotImage(), { score: 0.1 }), async (inputs) =>
      inputs.map((data) => spotMean(data) / 10),
    );
    expect(peakOf(tenth).value).toBeCloseTo(peakOf(whole).value, 5);
  });

  it('has nothing to explain of a score of zero', async () => {
    const map = await explain(taskOf(spotImage(), { score: 0 }), async (inputs) =>
      inputs.map(() => 0),
    );
    expect(Math.max(...map.values)).toBe(0);
  });

  it('does not mark what raises the score when hidden', async () => {
    const dark: ScoreInputs = async (inputs) => inputs.map((data) => 1.3 - spotMean(data));
    const map = await explain(taskOf(spotImage(), { score: 0.3 }), dark);
    const { rows, columns } = map;
    const cell = (y: number, x: number) =>
      Math.floor((y * rows) / SIDE) * columns + Math.floor((x * columns) / SIDE);
    const middle = cell(SPOT.top + SPOT.side / 2, SPOT.left + SPOT.side / 2);
    expect(map.values[middle]).toBe(0);
    expect(map.effect[middle]).toBeLessThan(-0.1);
  });

  it('hides the same place in each channel', async () => {
    const map = await explain(taskOf(spotImage(3)), async (inputs) =>
      inputs.map((data) => spotMean(data.subarray(2 * SIDE * SIDE))),
    );
    const { y, x } = peakOf(map);
    expect(inSpot(Math.floor(y), Math.floor(x))).toBe(true);
  });

  it('stops when the time is up, and says that too little was seen', async () => {
    const map = await explain(taskOf(spotImage(), { budgetMs: 0 }), scoreSpot);
    expect(map.masks).toBe(1);
    expect(map.plannedMasks).toBeGreaterThan(100);
    expect(map.sufficient).toBe(false);
  });

  it('passes the failure of the network on', async () => {
    const failing = explain(taskOf(spotImage()), () => Promise.reject(new Error('crashed')));
    await expect(failing).rejects.toThrow('crashed');
  });
});

describe('the patches of an occlusion', () => {
  it.each([
    { rows: 16, columns: 16 },
    { rows: 7, columns: 12 },
    { rows: 1, columns: 1 },
  ])('cover each cell four times, once in the first pass: $rows x $columns', (grid) => {
    const { patches, tiling } = planPatches(grid, 'any');
    const covered = (list: readonly Patch[]) => {
      const counts = new Uint32Array(grid.rows * grid.columns);
      for (const { row, column } of list) {
        for (const y of [row, row + 1].filter((at) => at >= 0 && at < grid.rows)) {
          for (const x of [column, column + 1].filter((at) => at >= 0 && at < grid.columns)) {
            counts[y * grid.columns + x] = (counts[y * grid.columns + x] ?? 0) + 1;
          }
        }
      }
      return new Set(counts);
    };
    expect(covered(patches.slice(0, tiling))).toEqual(new Set([1]));
    expect(covered(patches)).toEqual(new Set([4]));
  });

  it('are not run where they change nothing', async () => {
    const flat: NetworkInput = { ...spotImage(), data: new Float32Array(SIDE * SIDE) };
    let runs = 0;
    const map = await explainByOcclusion(taskOf(flat), async (inputs) => {
      runs += inputs.length;
      return inputs.map(() => 0);
    });
    expect(runs).toBe(0);
    expect(map).toMatchObject({ masks: 0, plannedMasks: 0, sufficient: true });
  });
});

describe('the masks of RISE', () => {
  it('lie in 0..1, show the asked share, and favour no place', () => {
    const next = seededStream('masks');
    const size = { rows: 40, columns: 56 };
    const masks = riseMasks(size, { cells: { rows: 8, columns: 5 }, keep: 0.3 }, next);
    const mean = new Float64Array(size.rows * size.columns);
    const count = 3000;
    for (let i = 0; i < count; i += 1) {
      const { values } = masks.next().value;
      for (const [at, value] of values.entries()) {
        if (value < 0 || value > 1) throw new RangeError(`mask value ${value}`);
        mean[at] = (mean[at] ?? 0) + value / count;
      }
    }
    // Five standard errors of a mean of 3000 values with standard deviation at most sqrt(0.3 * 0.7).
    const bound = 5 * Math.sqrt((0.3 * 0.7) / count);
    expect(Math.max(...mean)).toBeLessThan(0.3 + bound);
    expect(Math.min(...mean)).toBeGreaterThan(0.3 - bound);
  });

  it('depend on the seed', async () => {
    const settings = { ...defaultRise(spotImage()), masks: 200 };
    const one = await explainByRise(taskOf(spotImage()), scoreSpot, settings);
    const other = await explainByRise({ ...taskOf(spotImage()), seed: 'b' }, scoreSpot, settings);
    expect(other.effect).not.toEqual(one.effect);
  });
});

describe('the grid of a map', () => {
  it('has square cells, no finer than pixels', () => {
    expect(gridOver({ rows: 256, columns: 256 }, 16)).toEqual({ rows: 16, columns: 16 });
    expect(gridOver({ rows: 512, columns: 256 }, 16)).toEqual({ rows: 16, columns: 8 });
    expect(gridOver({ rows: 8, columns: 8 }, 16)).toEqual({ rows: 8, columns: 8 });
  });

  it('leaves no pixel out', () => {
    const starts = [-1, 0, 1, 2, 3, 4].map((cell) => cellStart(cell, 3, 10));
    expect(starts).toEqual([0, 0, 3, 6, 10, 10]);
  });
});

describe('the fill', () => {
  it('keeps a plane as it is, and takes a spot smaller than its box', () => {
    const input = spotImage();
    const plane = { ...input, data: new Float32Array(SIDE * SIDE).fill(0.4) };
    const kept = fillInput(plane, 'local-mean', 5);
    for (const value of kept) expect(value).toBeCloseTo(0.4, 6);
    expect(spotMean(fillInput(input, 'local-mean', 16))).toBeLessThan(0.45);
    expect(spotMean(input.data)).toBeCloseTo(1, 6);
  });

  it('is the mean of each channel by itself', () => {
    const data = Float32Array.of(1, 3, 10, 30);
    const filled = fillInput({ data, channels: 2, rows: 1, columns: 2 }, 'mean', 1);
    expect([...filled]).toEqual([2, 2, 20, 20]);
  });
});

describe('scoring within a budget', () => {
  function* endless() {
    for (;;) yield new Float32Array(1);
  }

  it('takes one first, then batches, and stops by the pace of the slowest', async () => {
    const sizes: number[] = [];
    const slow: ScoreInputs = async (inputs) => {
      sizes.push(inputs.length);
      const until = performance.now() + 20 * inputs.length;
      while (performance.now() < until);
      return inputs.map(() => 0);
    };
    const { scored, ms } = await scoreWithinBudget(
      endless(),
      { score: slow, batch: 4, budgetMs: 250 },
      () => undefined,
    );
    expect(sizes[0]).toBe(1);
    expect(new Set(sizes.slice(1))).toEqual(new Set([4]));
    expect(scored).toBe(1 + 4 * (sizes.length - 1));
    expect(ms).toBeGreaterThan(80);
    expect(scored).toBeLessThanOrEqual(12);
  });
});
