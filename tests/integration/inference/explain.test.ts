import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { createPixelDecoder, type PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { explainStudy, giveUpExplanations } from '#inference/explain-study.ts';
import { triageStudy } from '#inference/triage-study.ts';
import { sweepRuns } from '#intake/sweep.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { type ModelRegistry, openRegistry } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { startTestEngine } from '#tests/support/engine.ts';
import {
  type ManifestInput,
  TEST_INPUT_SIZE,
  writeModelFolder,
} from '#tests/support/onnx/model-folder.ts';
import { weightedNetwork } from '#tests/support/onnx/weighted-network.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { readExplanations } from '#worklist/study/explanations.ts';
import { insertRun, insertStudy, spotImage, type TestImage, type TestStudy } from './studies.ts';

const SIDE = TEST_INPUT_SIZE;
/** The one place that the network looks at. */
const PLACE = { x: 40, y: 16, side: 8 };
const BRIGHT: TestImage = { modality: 'DX', values: spotImage({ ...PLACE, value: 900 }) };
const DARK: TestImage = { modality: 'DX', values: spotImage() };

/** Logit 3 when the place is bright (0.9 of the window), -3 when it is dark (0.1). */
function placeNetwork(): Buffer {
  const cells = PLACE.side ** 2;
  const isInPlace = (i: number) => {
    const [y, x] = [Math.floor(i / SIDE) - PLACE.y, (i % SIDE) - PLACE.x];
    return y >= 0 && y < PLACE.side && x >= 0 && x < PLACE.side;
  };
  const weights = Float32Array.from({ length: SIDE * SIDE }, (_, i) =>
    isInPlace(i) ? 7.5 / cells : 0,
  );
  return weightedNetwork(SIDE, weights, -3.75);
}

const SCORES_ONLY: Partial<ManifestInput> = {
  outputs: [{ kind: 'scores', name: 'score', activation: 'none' }],
  explanation: { method: 'occlusion', budgetMs: 600_000 },
};

let server: TestDatabase;
let decoder: PixelDecoder;
let folder: ReturnType<typeof temporaryDirectory>;
let engine: Engine;
let runtime: Runtime;
let registry: ModelRegistry;

beforeAll(async () => {
  server = await startTestDatabase();
  decoder = createPixelDecoder();
  engine = startTestEngine();
  runtime = engine.runtime;
});
afterAll(async () => {
  await Promise.all([decoder.close(), engine.close()]);
  await server.stop();
});
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => folder.remove());

function dependencies() {
  const blobs = { pathOf: (path: string) => join(folder.path, path), put: async () => 'thumbnail' };
  const logger = createLogger({ level: 'silent', process: 'test' });
  return { database: server.database, registry, runtime, decoder, blobs, logger };
}

/** Lays the model down, active or in shadow, and runs the triage job over a study. */
async function triage(options: {
  readonly overrides?: Partial<ManifestInput>;
  readonly images?: TestImage[];
  readonly inShadow?: boolean;
}) {
  const models = join(folder.path, 'models');
  writeModelFolder(models, { ...SCORES_ONLY, ...options.overrides }, placeNetwork());
  const { database } = server;
  await database.deleteFrom('modelState').execute();
  registry = await openRegistry({ directories: [models], database });
  if (options.inShadow !== true) await registry.activateAll('test');
  const store = { database, folder: folder.path };
  const study = await insertStudy(store, { images: options.images ?? [DARK, BRIGHT] });
  const job = await insertRun(database, study, 1);
  const longestWaitMinutes = { STAT: 10, HIGH: 60, MEDIUM: 240, LOW: 1440 };
  const raises = [{ model: '*', priority: 'HIGH', headStartMinutes: 30 }] as const;
  await triageStudy(job, {
    ...dependencies(),
    engine,
    jobTimeoutMs: 60_000,
    renderThumbnail: async () => new Uint8Array(1),
    rule: { id: 'test', version: '1', longestWaitMinutes, raises },
  });
  return { study, job };
}

async function read({ studyKey }: TestStudy) {
  const { database } = server;
  const heatmaps = await database
    .selectFrom('heatmap')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .execute();
  const explanations = await database
    .selectFrom('explanation')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .execute();
  const jobs = await database
    .selectFrom('outbox')
    .selectAll()
    .where('job', '=', 'explain')
    .execute();
  const study = await database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .executeTakeFirstOrThrow();
  return { explanations, heatmaps, jobs, study };
}

describe('the job that explains a score', () => {
  it('comes after the result, and changes nothing of it', async () => {
    const { study, job } = await triage({});
    const before = await read(study);
    expect(before.study).toMatchObject({ status: 'analysed', flagged: true, priority: 'HIGH' });
    expect(before.heatmaps).toEqual([]);
    expect(before.explanations).toMatchObject([
      { state: 'queued', method: 'occlusion', sopInstanceUid: study.sopInstanceUids[1] },
    ]);
    expect(before.jobs.map(({ payload }) => payload)).toContainEqual(job);
    const told = () => readExplanations(server.database, [job.runKey]);
    expect(await told()).toMatchObject([{ state: 'queued', masks: null, label: 'Bright spot' }]);
    await explainStudy(job, dependencies(), false);
    const after = await read(study);
    expect(after.study).toEqual(before.study);
    const [explanation] = after.explanations;
    expect(explanation?.state).toBe('done');
    expect(explanation?.masks).toBe(explanation?.plannedMasks);
    expect(explanation?.masks).toBeGreaterThan(100);
    const { masks } = explanation ?? {};
    expect(await told()).toMatchObject([{ state: 'done', masks, plannedMasks: masks }]);
  });

  const dueIn = async ({ studyKey }: TestStudy) => {
    const sets = await server.database
      .selectFrom('resultSet')
      .select('dueAt')
      .where('studyKey', '=', studyKey)
      .execute();
    expect(sets).toHaveLength(1);
    return (sets[0]?.dueAt.getTime() ?? 0) - Date.now();
  };

  it.each(['done', 'given up'] as const)(
    'is what the objects for the PACS wait for (%s)',
    async (end) => {
      const { study, job } = await triage({});
      expect(await dueIn(study)).toBeGreaterThan(60_000);
      if (end === 'done') await explainStudy(job, dependencies(), false);
      else await giveUpExplanations(server.database, job, new RadTriageError('MODEL_FAILED', 'no'));
      expect(await dueIn(study)).toBeLessThanOrEqual(0);
    },
  );

  it('stores a heatmap, marked as what it is, that peaks where the score comes from', async () => {
    const { study, job } = await triage({});
    await explainStudy(job, dependencies(), false);
    const { heatmaps } = await read(study);
    expect(heatmaps).toMatchObject([
      {
        origin: 'occlusion',
        label: 'Bright spot',
        width: 16,
        height: 16,
        scaleX: 4,
        sopInstanceUid: study.sopInstanceUids[1],
      },
    ]);
    const [heatmap] = heatmaps;
    const values = Array.from({ length: 256 }, (_, i) => heatmap?.values.readFloatLE(i * 4) ?? 0);
    const peak = Math.max(...values);
    expect(peak).toBeCloseTo(heatmap?.peak ?? 0, 6);
    expect(peak).toBeGreaterThan(0.3);
    const at = values.indexOf(peak);
    const [y, x] = [Math.floor(at / 16) * 4 + 2, (at % 16) * 4 + 2];
    expect(y).toBeGreaterThanOrEqual(PLACE.y);
    expect(y).toBeLessThan(PLACE.y + PLACE.side);
    expect(x).toBeGreaterThanOrEqual(PLACE.x);
    expect(x).toBeLessThan(PLACE.x + PLACE.side);
  });

  it('bears being run twice', async () => {
    const { study, job } = await triage({});
    await explainStudy(job, dependencies(), false);
    await explainStudy(job, dependencies(), false);
    expect((await read(study)).heatmaps).toHaveLength(1);
  });

  it('explains not more than three images of a study', async () => {
    const { study } = await triage({ images: [BRIGHT, BRIGHT, DARK, BRIGHT, BRIGHT] });
    expect((await read(study)).explanations).toHaveLength(3);
  });

  it('is not asked for where nothing is flagged, nor for a model in shadow', async () => {
    const quiet = await triage({ images: [DARK] });
    expect((await read(quiet.study)).explanations).toEqual([]);
    const shadow = await triage({ inShadow: true });
    expect((await read(shadow.study)).explanations).toEqual([]);
  });

  it('says so when the time was up too early, and shows nothing', async () => {
    const tight = { method: 'rise', budgetMs: 100, masks: 20_000 } as const;
    const slow = {
      run: async (...given: Parameters<Runtime['run']>) => {
        const until = performance.now() + 5;
        const result = await runtime.run(...given);
        while (performance.now() < until);
        return result;
      },
    };
    const { study, job } = await triage({ overrides: { explanation: tight } });
    await explainStudy(job, { ...dependencies(), runtime: slow }, false);
    const { explanations, heatmaps } = await read(study);
    expect(explanations).toMatchObject([{ state: 'insufficient', plannedMasks: 20_000 }]);
    expect(explanations[0]?.masks).toBeLessThan(100);
    expect(heatmaps).toEqual([]);
  });

  it('is superseded by a newer run', async () => {
    const { study, job } = await triage({});
    await insertRun(server.database, study, 2);
    await explainStudy(job, dependencies(), false);
    const { explanations, heatmaps } = await read(study);
    expect(explanations).toMatchObject([{ state: 'superseded' }]);
    expect(heatmaps).toEqual([]);
  });

  it('is tried again when the network fails, and given up after the last try', async () => {
    const { study, job } = await triage({});
    const failure = new RadTriageError('MODEL_FAILED', 'crashed');
    const broken = { run: () => Promise.reject(failure) };
    const failing = explainStudy(job, { ...dependencies(), runtime: broken }, false);
    await expect(failing).rejects.toThrow('crashed');
    expect((await read(study)).explanations).toMatchObject([{ state: 'queued' }]);
    await explainStudy(job, { ...dependencies(), runtime: broken }, true);
    expect((await read(study)).explanations).toMatchObject([
      { state: 'failed', reason: 'MODEL_FAILED: crashed' },
    ]);
  });

  it('is sent again when the queue knows nothing of it, and has failed when it ended without a word', async () => {
    const { study, job } = await triage({});
    const { database } = server;
    const { logger } = dependencies();
    const sweep = (standing: 'open' | 'unknown' | 'completed') =>
      sweepRuns({
        ...{ database, logger, olderThanMs: -1 },
        producer: { standingOf: async () => standing },
      });
    const sent = () =>
      database
        .selectFrom('outbox')
        .select(['jobId', 'payload'])
        .where('job', '=', 'explain')
        .where('payload', '@>', { runKey: job.runKey })
        .execute();
    // On its way already.
    await sweep('unknown');
    expect(await sent()).toHaveLength(1);
    await database.updateTable('outbox').set({ sentAt: new Date() }).execute();
    await sweep('open');
    expect(await sent()).toHaveLength(1);
    await sweep('unknown');
    const [first, second] = await sent();
    expect(second).toEqual(first);
    await database.updateTable('outbox').set({ sentAt: new Date() }).execute();
    await sweep('completed');
    const { explanations } = await read(study);
    expect(explanations).toMatchObject([
      { state: 'failed', reason: 'the job ended without a result' },
    ]);
  });

  it('is marked as failed when the queue gives it up', async () => {
    const { study, job } = await triage({});
    const error = new RadTriageError('STORAGE_FAILED', 'gone');
    await giveUpExplanations(server.database, job, error);
    expect((await read(study)).explanations).toMatchObject([{ state: 'failed' }]);
  });
});
