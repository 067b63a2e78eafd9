import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Explanation, type ExplanationTask, shownFrom } from '#models/explain/explanation.ts';
import { judgeMaps } from '#models/explain/judge-maps.ts';
import type { ScoreInputs } from '#models/explain/network-input.ts';
import { explainByOcclusion } from '#models/explain/occlusion.ts';
import { defaultRise, explainByRise } from '#models/explain/rise.ts';
import { createRuntime, type Runtime } from '#models/runtime/runtime.ts';
import { weightedNetwork } from '#tests/support/onnx/weighted-network.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const SIDE = 32;
const AMPLE_MS = 600_000;
/** Where the score of the honest network comes from; the image is as bright elsewhere. */
const PLACE = { top: 18, left: 6, side: 6 };

function isInPlace(i: number): boolean {
  const [y, x] = [Math.floor(i / SIDE), i % SIDE];
  const { top, left, side } = PLACE;
  return y >= top && y < top + side && x >= left && x < left + side;
}

/** Five bright squares on a dark ground: what is bright is not what matters. */
function squares(): Float32Array {
  const corners = [
    [PLACE.top, PLACE.left],
    [4, 4],
    [4, 22],
    [22, 22],
    [12, 14],
  ];
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    const isBright = corners.some(
      ([top = 0, left = 0]) =>
        y >= top && y < top + PLACE.side && x >= left && x < left + PLACE.side,
    );
    return isBright ? 1 : 0.1;
  });
}

/** Looks at one place alone: the logit is 3 when it is bright, -3 when it is dark. */
function placeNetwork(): Buffer {
  const cells = PLACE.side ** 2;
  const weights = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    isInPlace(i) ? 6 / 0.9 / cells : 0,
  );
  return weightedNetwork(SIDE, weights, -3 - (6 / 0.9) * 0.1);
}

/** The same layers with weights of chance, which look everywhere and at nothing. */
function randomNetwork(): Buffer {
  const weights = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const digest = createHash('sha256').update(`weight ${i}`).digest();
    return (digest.readUInt32LE(0) / 2 ** 32 - 0.5) * 0.2;
  });
  return weightedNetwork(SIDE, weights, 0);
}

let work: ReturnType<typeof temporaryDirectory>;
let runtime: Runtime;
beforeAll(() => {
  work = temporaryDirectory();
  runtime = createRuntime({
    executionProviders: ['cpu'],
    processes: 1,
    threads: 1,
    timeoutMs: 60_000,
  });
});
afterAll(async () => {
  await runtime.close();
  work.remove();
});

function scoreBy(network: Buffer): ScoreInputs {
  const sha256 = createHash('sha256').update(network).digest('hex');
  const path = join(work.path, `${sha256}.onnx`);
  writeFileSync(path, network);
  const dims = [1, 1, SIDE, SIDE] as const;
  const model = {
    path,
    sha256,
    inputName: 'image',
    dims,
    maximumBatch: 1,
    outputNames: ['score'],
  };
  return async (inputs) => {
    const scores: number[] = [];
    for (const data of inputs) {
      const { outputs } = await runtime.run(model, { data, dims });
      scores.push(outputs['score']?.data[0] ?? Number.NaN);
    }
    return scores;
  };
}

async function taskFor(score: ScoreInputs): Promise<ExplanationTask> {
  const data = squares();
  const [whole = 0] = await score([data]);
  const input = { data, channels: 1, rows: SIDE, columns: SIDE };
  return { input, score: whole, budgetMs: AMPLE_MS, batch: 16, seed: 'test' };
}

const METHODS = [
  { method: 'occlusion', explain: explainByOcclusion },
  {
    method: 'rise',
    explain: (task: ExplanationTask, score: ScoreInputs) =>
      explainByRise(task, score, { ...defaultRise(task.input), masks: 400 }),
  },
] as const;

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    const [x, y] = [value - meanA, (b[i] ?? 0) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

function peakPixel({ values, rows, columns }: Explanation): number {
  const at = values.indexOf(Math.max(...values));
  const y = Math.floor(((Math.floor(at / columns) + 0.5) * SIDE) / rows);
  const x = Math.floor((((at % columns) + 0.5) * SIDE) / columns);
  return y * SIDE + x;
}

describe.each(METHODS)('$method on a real network', ({ explain }) => {
  it('peaks at the place that the score comes from, and is faithful to it', async () => {
    const score = scoreBy(placeNetwork());
    const task = await taskFor(score);
    expect(task.score).toBeGreaterThan(0.9);
    const map = await explain(task, score);
    expect(map.sufficient).toBe(true);
    expect(isInPlace(peakPixel(map))).toBe(true);
    expect(Math.max(...map.values)).toBeGreaterThan(shownFrom(map));
    const maps = { map: { ...map, values: map.effect } };
    const judged = await judgeMaps(task.input, maps, { score, steps: 16, batch: 16, seed: 'a' });
    const of = (name: string) => judged.find((one) => one.name === name);
    for (const baseline of ['random', 'centre']) {
      expect(of('map')?.deletion).toBeLessThan((of(baseline)?.deletion ?? 0) - 0.1);
      expect(of('map')?.insertion).toBeGreaterThan((of(baseline)?.insertion ?? 1) + 0.02);
    }
  });

  it('is another map when the weights are of chance', async () => {
    const honest = scoreBy(placeNetwork());
    const random = scoreBy(randomNetwork());
    const map = await explain(await taskFor(honest), honest);
    const other = await explain(await taskFor(random), random);
    expect(Math.abs(correlation(map.effect, other.effect))).toBeLessThan(0.5);
    expect(isInPlace(peakPixel(other))).toBe(false);
  });
});
