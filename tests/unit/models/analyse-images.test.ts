import { afterEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { SharedArena } from '#isolation/shared-arena.ts';
import { type AnalysisEngine, analyseImages } from '#models/analysis/analyse-images.ts';
import type { AnalysisPlan } from '#models/analysis/analysis-types.ts';
import type { PreparedFrame, PrepareTask } from '#models/analysis/preparer.ts';
import { readImage } from '#models/postprocess/read-image.ts';
import type { UsableModel } from '#models/registry/registry.ts';
import { modelOf } from '../inference/results.ts';

interface Picture {
  readonly name: string;
  readonly frames: number;
  readonly pixels: number;
}

const picture = (name: string, frames = 1, pixels = 2 ** 24): Picture => ({ name, frames, pixels });
const describeImage = ({ name, frames, pixels }: Picture) => ({
  source: { path: name, transferSyntaxUid: '1.2.840.10008.1.2.1' },
  facts: { values: {}, ageYears: undefined },
  numberOfFrames: frames,
  framePixels: pixels,
  name,
  stack: 'stack',
});
const PLACE = {
  input: { rows: 64, columns: 64 },
  source: { rows: 64, columns: 64 },
  orientation: { transpose: false, flipX: false, flipY: false },
  scaleX: 1,
  scaleY: 1,
  originX: 0,
  originY: 0,
};

const arena = new SharedArena();
let held = 0;
afterEach(() => {
  // Whatever happened, nobody keeps shared memory.
  expect(held).toBe(0);
});

/** What the preparer gives of a frame: something decoded, or a failure. */
type Fate = (name: string, frame: number) => RadTriageError | 'declined' | undefined;

function fakePreparer(fate: Fate = () => undefined) {
  const asked: string[] = [];
  let atOnce = 0;
  let most = 0;
  const lengths: number[] = [];
  const prepare = async (task: PrepareTask) => {
    lengths.push(task.own.to - task.own.from);
    held += 1;
    atOnce += 1;
    most = Math.max(most, atOnce);
    // Later frames are ready first.
    for (let turn = asked.length % 4; turn < 4; turn += 1) await Promise.resolve();
    const frames = task.frames.slice(task.own.from, task.own.to).map(({ source, frame }) => {
      const name = source.path ?? '';
      asked.push(`${name}${frame + 1}`);
      return outcomeOf(task, fate(name, frame + 1));
    });
    atOnce -= 1;
    return {
      frames,
      reduced: undefined,
      release: () => {
        held -= 1;
      },
    };
  };
  return { asked, lengths, most: () => most, preparer: { processes: 2, prepare } };
}

function outcomeOf(task: PrepareTask, fate: ReturnType<Fate>): PreparedFrame {
  if (fate instanceof RadTriageError) {
    return { kind: 'failed', code: fate.code, message: fate.message, details: {} };
  }
  const prepared = task.preparations.map(() =>
    fate === 'declined'
      ? { kind: 'declined' as const, reason: 'outside intended use: blank', ms: 1 }
      : {
          kind: 'prepared' as const,
          source: { rows: 64, columns: 64 },
          mean: 0.5,
          parts: [{ place: PLACE, bytes: 4 }],
          regions: [{ arena, offset: 0, bytes: 4 }],
          ms: 1,
        },
  );
  return { kind: 'decoded', ms: 1, prepared };
}

/** Runs nothing: gives a fixed score, after failing as often as told. */
function fakeRuntime({ failures = [] as RadTriageError[], batch = 1, runMs = 30 } = {}) {
  const runs: number[] = [];
  const loaded = {
    provider: 'cpu',
    declined: [],
    batch,
    batchDeclined: undefined,
    ms: 1,
    runMs,
    notes: [],
  };
  const runBatch: AnalysisEngine['runtime']['runBatch'] = async (_model, inputs) => {
    runs.push(inputs.length);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return inputs.map(() => ({
      outputs: {
        score: { data: Float32Array.of(0.25), dims: [1] },
        heatmap: { data: new Float32Array(64), dims: [1, 1, 8, 8] },
      },
      provider: 'cpu',
      ms: 1,
    }));
  };
  const runtime: AnalysisEngine['runtime'] = {
    processes: 2,
    load: async () => loaded,
    runBatch,
    run: async (model, input) => {
      const [result] = await runBatch(model, [input]);
      if (result === undefined) throw new Error('nothing ran');
      return result;
    },
  };
  return { runs, runtime };
}

const reader: AnalysisEngine['reader'] = {
  read: async (manifest, { parts, outputs }) => readImage(manifest, { parts }, outputs),
};

function planOf(images: readonly Picture[], model: UsableModel = modelOf('active')) {
  return { model, images } satisfies AnalysisPlan<Picture>;
}

function named(results: readonly { image: Picture; frame: number }[]): string[] {
  return results.map(({ image, frame }) => `${image.name}${frame}`);
}

const crash = () => new RadTriageError('MODEL_FAILED', 'crashed');
const cutShort = () => new RadTriageError('PIXELS_UNDECODABLE', 'cut short');
const options = { describe: describeImage };

describe('analysing images', () => {
  it('prepares each frame once for all models, several at once, and gives results in order', async () => {
    const images = [picture('a', 3), picture('b')];
    const plans = ['first', 'second'].map((id) => planOf(images, modelOf('active', { id })));
    const { preparer, asked, most } = fakePreparer();
    const { runtime, runs } = fakeRuntime();
    const found = await analyseImages(plans, { preparer, runtime, reader }, options);
    expect(asked.toSorted()).toEqual(['a1', 'a2', 'a3', 'b1']);
    expect(most()).toBeGreaterThan(1);
    expect(runs).toHaveLength(8);
    expect(found.map(({ results }) => named(results))).toEqual([
      ['a1', 'a2', 'a3', 'b1'],
      ['a1', 'a2', 'a3', 'b1'],
    ]);
  });

  it('goes on preparing large frames while the inputs of a quick network wait for their batch', async () => {
    const images = [picture('a', 16)];
    const { preparer, most } = fakePreparer();
    const { runtime, runs } = fakeRuntime({ runMs: 1 });
    await analyseImages([planOf(images)], { preparer, runtime, reader }, options);
    expect(runs).toEqual([8, 8]);
    // No more than the two processes and what the next of them takes up.
    expect(most()).toBe(3);
  });

  it('sends small frames, and the inputs of a quick network, several at a time', async () => {
    const small = 256 * 256;
    const images = [picture('a', 9, small), picture('b', 1, 2 ** 24), picture('c', 1, small)];
    const { preparer, lengths } = fakePreparer();
    const { runtime, runs } = fakeRuntime({ runMs: 1 });
    const [found] = await analyseImages([planOf(images)], { preparer, runtime, reader }, options);
    expect(lengths).toEqual([8, 1, 1, 1]);
    expect(named(found?.results ?? [])).toEqual([
      ...Array.from({ length: 9 }, (_, i) => `a${i + 1}`),
      'b1',
      'c1',
    ]);
    expect(Math.max(...runs)).toBe(8);
    expect(runs.reduce((sum, count) => sum + count, 0)).toBe(11);
  });

  it('leaves out only the bad one of several small frames', async () => {
    const images = ['a', 'b', 'c', 'd'].map((name) => picture(name, 1, 64 * 64));
    const { preparer } = fakePreparer((name) => (name === 'b' ? cutShort() : undefined));
    const { runtime } = fakeRuntime({ runMs: 1 });
    const [found] = await analyseImages([planOf(images)], { preparer, runtime, reader }, options);
    expect(named(found?.results ?? [])).toEqual(['a1', 'c1', 'd1']);
    expect(found?.undecodable).toHaveLength(1);
  });

  it('does not believe a header that claims billions of frames', async () => {
    const images = [picture('a', 2 ** 31 - 1), picture('b')];
    const { preparer, asked } = fakePreparer((_, frame) => (frame > 2 ? cutShort() : undefined));
    const { runtime } = fakeRuntime();
    const [found] = await analyseImages([planOf(images)], { preparer, runtime, reader }, options);
    expect(asked.length).toBeLessThan(20);
    expect(named(found?.results ?? [])).toEqual(['a1', 'a2', 'b1']);
    expect(found?.undecodable.map(({ code }) => code)).toEqual(['PIXELS_UNDECODABLE']);
  });

  it('leaves out what comes after a frame that cannot be had, however early it was ready', async () => {
    const images = [picture('a', 6), picture('b')];
    const { preparer } = fakePreparer((name, frame) =>
      name === 'a' && frame === 3 ? cutShort() : undefined,
    );
    const { runtime } = fakeRuntime();
    const [found] = await analyseImages([planOf(images)], { preparer, runtime, reader }, options);
    expect(named(found?.results ?? [])).toEqual(['a1', 'a2', 'b1']);
  });

  it('tries a failed model once more, then leaves it and goes on with the others', async () => {
    const images = [picture('a')];
    const mended = fakeRuntime({ failures: [crash()] });
    const { preparer } = fakePreparer();
    const engine = { preparer, runtime: mended.runtime, reader };
    const [first] = await analyseImages([planOf(images)], engine, options);
    expect(first?.failure).toBeUndefined();
    expect(first?.results).toHaveLength(1);
    expect(mended.runs).toHaveLength(2);
    const broken = fakeRuntime({ failures: [crash(), crash()] });
    const [second] = await analyseImages(
      [planOf(images)],
      { preparer, runtime: broken.runtime, reader },
      options,
    );
    expect(second?.failure?.code).toBe('MODEL_FAILED');
    expect(broken.runs).toHaveLength(2);
  });

  it('does not try again what trying cannot mend', async () => {
    const altered = new RadTriageError('MODEL_ALTERED', 'altered');
    const { runtime, runs } = fakeRuntime({ failures: [altered] });
    const { preparer } = fakePreparer();
    const plan = planOf([picture('a')]);
    const [found] = await analyseImages([plan], { preparer, runtime, reader }, options);
    expect(found?.failure).toBe(altered);
    expect(runs).toHaveLength(1);
  });

  it('never takes a declined image for one with a score', async () => {
    const { preparer } = fakePreparer((name) => (name === 'a' ? 'declined' : undefined));
    const { runtime, runs } = fakeRuntime();
    const plan = planOf([picture('a'), picture('b')]);
    const [found] = await analyseImages([plan], { preparer, runtime, reader }, options);
    expect(found?.declined).toEqual(['outside intended use: blank']);
    expect(named(found?.results ?? [])).toEqual(['b1']);
    expect(runs).toEqual([1]);
  });

  it.each([1, 3, 16])('runs 7 images in batches of %d', async (batch) => {
    const model = modelOf('active');
    const input = { ...model.manifest.input, maximumBatch: batch };
    const batched = { ...model, manifest: { ...model.manifest, input } };
    const { runtime, runs } = fakeRuntime({ batch });
    const { preparer } = fakePreparer();
    const plan = planOf([picture('a', 7)], batched);
    const [found] = await analyseImages([plan], { preparer, runtime, reader }, options);
    expect(named(found?.results ?? [])).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7']);
    expect(Math.max(...runs)).toBe(Math.min(batch, 7));
    expect(runs.reduce((sum, count) => sum + count, 0)).toBe(7);
  });

  it('throws when an image cannot be reached, after what is under way has ended', async () => {
    const unreachable = new RadTriageError('STORAGE_FAILED', 'no disk');
    const { preparer } = fakePreparer((name) => (name === 'b' ? unreachable : undefined));
    const { runtime } = fakeRuntime();
    const plan = planOf([picture('a', 3), picture('b'), picture('c', 3)]);
    await expect(
      analyseImages([plan], { preparer, runtime, reader }, options),
    ).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
  });

  it('ends with the reason of its signal when the time is up', async () => {
    const late = new RadTriageError('ANALYSIS_TIMEOUT', 'too long');
    const time = new AbortController();
    const { preparer, asked } = fakePreparer((_, frame) => {
      if (frame === 5) time.abort(late);
      return undefined;
    });
    const { runtime } = fakeRuntime();
    const plan = planOf([picture('a', 1_000_000)]);
    const analysis = analyseImages(
      [plan],
      { preparer, runtime, reader },
      { ...options, signal: time.signal },
    );
    await expect(analysis).rejects.toBe(late);
    expect(asked.length).toBeLessThan(20);
  });

  it('tells of every frame that is done', async () => {
    let done = 0;
    const { preparer } = fakePreparer((_, frame) => (frame === 2 ? cutShort() : undefined));
    const { runtime } = fakeRuntime();
    await analyseImages(
      [planOf([picture('a'), picture('b', 2)])],
      { preparer, runtime, reader },
      {
        ...options,
        onFrame: () => {
          done += 1;
        },
      },
    );
    expect(done).toBe(3);
  });
});
