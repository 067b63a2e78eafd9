import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { PriorityRule } from '#core/priority.ts';
import { renderThumbnail } from '#dicom/images/render.ts';
import type { TriageDependencies } from '#inference/dependencies.ts';
import { giveUpStudy } from '#inference/give-up.ts';
import { triageStudy } from '#inference/triage-study.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { type ModelRegistry, openRegistry } from '#models/registry/registry.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { beforePreparing, startTestEngine } from '#tests/support/engine.ts';
import { ruleFor } from '#tests/support/notifications.ts';
import {
  type ManifestInput,
  testLabel,
  writeModelFolder,
} from '#tests/support/onnx/model-folder.ts';
import { slowNetwork } from '#tests/support/onnx/networks.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { insertRun, insertStudy, spotImage, type TestImage, type TestStudy } from './studies.ts';

const RULE: PriorityRule = {
  id: 'test',
  version: '1',
  longestWaitMinutes: { STAT: 10, HIGH: 60, MEDIUM: 240, LOW: 1440 },
  raises: [{ model: '*', priority: 'HIGH', headStartMinutes: 30 }],
};
const BRIGHT: TestImage = {
  modality: 'DX',
  values: spotImage({ x: 40, y: 16, side: 8, value: 900 }),
};
const DARK: TestImage = { modality: 'DX', values: spotImage() };

let server: TestDatabase;
let folder: ReturnType<typeof temporaryDirectory>;
let registry: ModelRegistry;
let engine: Engine;
let dependencies: TriageDependencies;
let blobs = 0;

beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  folder = temporaryDirectory();
  writeModelFolder(join(folder.path, 'models'));
  await start();
});
afterEach(async () => {
  await engine.close();
  folder.remove();
});

async function start(options: { timeoutMs?: number; loadTimeoutMs?: number } = {}): Promise<void> {
  await engine?.close();
  const { database } = server;
  await database.deleteFrom('modelState').execute();
  registry = await openRegistry({ directories: [join(folder.path, 'models')], database });
  engine = startTestEngine({ timeoutMs: 20_000, ...options });
  dependencies = {
    database,
    registry,
    engine,
    jobTimeoutMs: 60_000,
    blobs: {
      pathOf: (blobPath) => join(folder.path, blobPath),
      put: async (bytes) => {
        blobs += 1;
        writeFileSync(join(folder.path, `thumbnail-${blobs}`), bytes);
        return `thumbnail-${blobs}`;
      },
    },
    renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: 32 }),
    rule: RULE,
    logger: createLogger({ level: 'silent', process: 'test' }),
  };
}

function addModel(overrides: Partial<ManifestInput>, network?: Buffer): string {
  return writeModelFolder(join(folder.path, 'models'), overrides, network);
}

/** Another version takes the place of the active one, as its files may not change. */
async function replaceActive(overrides: Partial<ManifestInput>): Promise<void> {
  const version = '2.0.0';
  addModel({ ...overrides, version });
  const { id: modelId, sha256 } = await registry.find({ modelId: 'test-brightness', version });
  const meant = { modelId, version, sha256, role: 'active', previousRole: 'retired' } as const;
  const why = { actor: 'test', note: 'the test', allowDemonstration: true };
  await registry.setRole({ ...meant, ...why });
}

function store() {
  return { database: server.database, folder: folder.path };
}

function study(...images: TestImage[]): Promise<TestStudy> {
  return insertStudy(store(), { images });
}

async function triage(target: TestStudy, number = 1) {
  const job = await insertRun(server.database, target, number);
  await triageStudy(job, dependencies);
  return job;
}

async function read(target: TestStudy) {
  const { database } = server;
  const { studyKey } = target;
  const row = await database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .executeTakeFirstOrThrow();
  const runs = await database
    .selectFrom('analysisRun')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .orderBy('number')
    .execute();
  const models = await database
    .selectFrom('modelRun')
    .innerJoin('analysisRun', 'analysisRun.runKey', 'modelRun.runKey')
    .selectAll('modelRun')
    .where('analysisRun.studyKey', '=', studyKey)
    .orderBy('modelRun.modelRunKey')
    .execute();
  const findings = await database
    .selectFrom('finding')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .orderBy('score', 'desc')
    .execute();
  const heatmaps = await database
    .selectFrom('heatmap')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .execute();
  return { row, runs, models, findings, heatmaps };
}

describe('the triage job with an active model', () => {
  beforeEach(() => registry.activateAll('test'));

  it('stores score, finding, heatmap, digests and timings, and raises the study', async () => {
    const target = await study(DARK, BRIGHT);
    await triage(target);
    const { row, runs, models, findings, heatmaps } = await read(target);
    expect(row).toMatchObject({
      status: 'analysed',
      statusReason: 'flagged by test-brightness 1.0.0',
      basePriority: 'MEDIUM',
      priority: 'HIGH',
      flagged: true,
      scoreModel: 'test-brightness',
      ruleId: 'test',
      version: 3,
    });
    expect(row.reason).toContain('Bright spot, score 0.90 by test-brightness 1.0.0');
    expect(row.score).toBeCloseTo(0.9, 5);
    expect(row.rankAt.getTime()).toBeLessThan(row.receivedAt.getTime());
    expect(runs).toMatchObject([{ state: 'analysed', attempts: 1 }]);
    expect(models).toMatchObject([
      {
        outcome: 'analysed',
        role: 'active',
        provider: 'cpu',
        images: 2,
        threshold: 0.5,
        flagged: true,
      },
    ]);
    const digest = (await registry.list())[0]?.manifest?.sha256;
    expect(models[0]?.modelSha256).toBe(digest);
    expect(Object.keys(models[0]?.timings ?? {}).sort()).toEqual([
      'decode',
      'inference',
      'postprocess',
      'preprocess',
    ]);
    expect(findings).toMatchObject([
      {
        label: 'Bright spot',
        sopInstanceUid: target.sopInstanceUids[1],
        frame: 1,
        boxX: 40,
        boxY: 16,
        boxWidth: 8,
        boxHeight: 8,
      },
    ]);
    expect(heatmaps).toMatchObject([
      { width: 8, height: 8, scaleX: 8, originX: 0, threshold: 0.5 },
    ]);
    expect(heatmaps[0]?.values.readFloatLE((2 * 8 + 5) * 4)).toBeCloseTo(0.9, 5);
    expect(heatmaps[0]?.sopInstanceUid).toBe(target.sopInstanceUids[1]);
  });

  it('makes a thumbnail', async () => {
    const target = await study(BRIGHT);
    await triage(target);
    const { row } = await read(target);
    const path = join(folder.path, row.thumbnailBlob ?? 'none');
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path).subarray(1, 4).toString()).toBe('PNG');
  });

  it('never says normal: an unflagged study has no finding flagged by that model', async () => {
    const target = await study(DARK);
    await triage(target);
    const { row, findings, heatmaps } = await read(target);
    expect(row).toMatchObject({
      status: 'analysed',
      statusReason: 'no finding flagged by test-brightness 1.0.0',
      priority: 'MEDIUM',
      flagged: false,
    });
    expect(row.score).toBeCloseTo(0.1, 5);
    expect(row.rankAt).toEqual(row.receivedAt);
    expect([findings, heatmaps]).toEqual([[], []]);
  });

  it('records one finding for a lesion that neighbouring CT slices share', async () => {
    const slice = (value: number, x = 16): TestImage => ({
      modality: 'CT',
      values: spotImage({ x, y: 16, side: 8, value }),
    });
    const target = await study(
      slice(200),
      slice(700),
      slice(900),
      slice(600),
      slice(200),
      slice(800, 40),
    );
    await triage(target);
    const { findings, heatmaps } = await read(target);
    expect(findings.map((f) => [f.sopInstanceUid, f.boxX])).toEqual([
      [target.sopInstanceUids[2], 16],
      [target.sopInstanceUids[5], 40],
    ]);
    expect(heatmaps).toHaveLength(4);
  });

  it('does nothing for a run that has ended, so that a job may come twice', async () => {
    const target = await study(BRIGHT);
    const job = await triage(target);
    const before = await read(target);
    await triageStudy(job, dependencies);
    expect(await read(target)).toEqual(before);
  });

  it('takes over a run that a dead worker left behind', async () => {
    const target = await study(BRIGHT);
    const job = await insertRun(server.database, target);
    await server.database
      .updateTable('analysisRun')
      .set({ state: 'running', attempts: 1 })
      .where('runKey', '=', job.runKey)
      .execute();
    await server.database
      .updateTable('study')
      .set({ status: 'analysing' })
      .where('studyKey', '=', target.studyKey)
      .execute();
    await triageStudy(job, dependencies);
    expect(await read(target)).toMatchObject({
      row: { status: 'analysed' },
      runs: [{ state: 'analysed', attempts: 2 }],
    });
  });

  it('lets go of a run whose study has newer images or a newer run before it begins', async () => {
    const target = await study(BRIGHT);
    const job = await insertRun(server.database, target);
    await insertRun(server.database, target, 2);
    await triageStudy(job, dependencies);
    expect(await read(target)).toMatchObject({
      row: { status: 'queued', version: 1 },
      runs: [{ state: 'superseded' }, { state: 'queued' }],
      models: [],
    });
    const late = await study(BRIGHT);
    const lateJob = await insertRun(server.database, late);
    await server.database
      .updateTable('study')
      .set({ status: 'receiving' })
      .where('studyKey', '=', late.studyKey)
      .execute();
    await triageStudy(lateJob, dependencies);
    expect(await read(late)).toMatchObject({
      row: { status: 'receiving' },
      runs: [{ state: 'superseded' }],
    });
  });

  it('keeps results with a superseded run when late images come meanwhile, and leaves the study alone', async () => {
    const target = await study(BRIGHT);
    const job = await insertRun(server.database, target);
    let changed = false;
    const interrupted: TriageDependencies = {
      ...dependencies,
      engine: beforePreparing(engine, async () => {
        if (changed) return;
        changed = true;
        await server.database
          .updateTable('study')
          .set({ status: 'receiving', version: 7 })
          .where('studyKey', '=', target.studyKey)
          .execute();
      }),
    };
    await triageStudy(job, interrupted);
    const { row, runs, models, findings } = await read(target);
    expect(row).toMatchObject({ status: 'receiving', version: 7, priority: 'MEDIUM', score: null });
    expect(runs).toMatchObject([{ state: 'superseded' }]);
    expect(models).toHaveLength(1);
    expect(findings).toHaveLength(1);
  });

  it('plans the notifications that the site wants with its result, and none that says the same', async () => {
    const notificationRules = [
      ruleFor({ findings: ['Bright spot'] }),
      ruleFor({ models: ['x'] }, 'x'),
    ];
    const telling = { ...dependencies, notificationRules };
    const target = await study(BRIGHT);
    const told = () =>
      server.database
        .selectFrom('notification')
        .selectAll()
        .where('studyKey', '=', target.studyKey)
        .execute();
    const job = await insertRun(server.database, target);
    await triageStudy(job, telling);
    await triageStudy(job, telling);
    const [planned, ...others] = await told();
    const { row } = await read(target);
    expect(others).toEqual([]);
    expect(planned).toMatchObject({
      ...{ rule: 'pager', runKey: job.runKey, state: 'waiting', createdAt: row.analysedAt },
      content: {
        studyInstanceUid: target.studyInstanceUid,
        priority: 'HIGH',
        reasons: [row.reason],
        findings: [{ label: 'Bright spot', modelId: 'test-brightness', modelVersion: '1.0.0' }],
      },
    });
    await triageStudy(await insertRun(server.database, target, 2), telling);
    expect(await told()).toHaveLength(1);
    const superseded = await insertRun(server.database, target, 3);
    await insertRun(server.database, target, 4);
    await server.database.deleteFrom('notification').execute();
    await triageStudy(superseded, telling);
    expect(await told()).toEqual([]);
  });

  it('gives a study its own class and place when a rerun finds less, never a lower one', async () => {
    const target = await study(BRIGHT);
    await triage(target);
    expect((await read(target)).row.priority).toBe('HIGH');
    const strict = testLabel({ operatingPoints: [{ id: 'strict', threshold: 0.95 }] });
    await replaceActive({ labels: [strict] });
    await server.database
      .updateTable('study')
      .set({ status: 'queued' })
      .where('studyKey', '=', target.studyKey)
      .execute();
    await triage(target, 2);
    const { row } = await read(target);
    expect(row).toMatchObject({ priority: 'MEDIUM', basePriority: 'MEDIUM', flagged: false });
    expect(row.rankAt).toEqual(row.receivedAt);
    const urgent = await insertStudy(store(), {
      images: [DARK],
      basePriority: 'STAT',
    });
    await triage(urgent);
    expect((await read(urgent)).row).toMatchObject({ status: 'analysed', priority: 'STAT' });
  });

  it('keeps class and score of an earlier run when a later one comes to nothing', async () => {
    const target = await study(BRIGHT);
    await triage(target);
    appendFileSync(join(folder.path, 'models/test-brightness/model.onnx'), 'x');
    await server.database
      .updateTable('study')
      .set({ status: 'queued' })
      .where('studyKey', '=', target.studyKey)
      .execute();
    await triage(target, 2);
    expect((await read(target)).row).toMatchObject({ status: 'not-analysed', priority: 'HIGH' });
  });

  it('analyses the rest when one image cannot be decoded, and says so', async () => {
    const target = await study({ ...DARK, broken: true }, BRIGHT);
    await triage(target);
    const { row, models } = await read(target);
    expect(row.status).toBe('analysed');
    expect(row.statusReason).toMatch(
      /^flagged by test-brightness 1\.0\.0 \(PIXELS_\w+: 1 image\(s\) could not be decoded\)$/,
    );
    expect(models).toMatchObject([{ images: 1, outcome: 'analysed' }]);
  });

  it('is not analysed, with the code, when no image can be decoded', async () => {
    const target = await study({ ...DARK, broken: true });
    await triage(target);
    const { row, runs } = await read(target);
    expect(row).toMatchObject({ status: 'not-analysed', priority: 'MEDIUM', score: null });
    expect(row.statusReason).toMatch(/PIXELS_/);
    expect(runs).toMatchObject([{ state: 'not-analysed', reason: row.statusReason }]);
  });

  it('says which modality no model fits', async () => {
    const target = await study({ ...DARK, modality: 'MG' });
    await triage(target);
    const { row, models } = await read(target);
    expect(row).toMatchObject({
      status: 'not-analysed',
      statusReason: 'outside intended use: no active or shadow model fits: modality MG',
    });
    expect(row.thumbnailBlob).not.toBeNull();
    expect(models).toEqual([]);
  });

  it('tries a crashed model once more, and goes on', async () => {
    const target = await study(BRIGHT);
    await triage(target);
    const [pid] = engine.runtime.processIds();
    let killed = false;
    const { preparer, runtime, reader } = engine;
    const crashing: TriageDependencies = {
      ...dependencies,
      engine: {
        preparer,
        reader,
        runtime: {
          processes: runtime.processes,
          load: (model) => runtime.load(model),
          warmUp: (models) => runtime.warmUp(models),
          run: (model, input) => runtime.run(model, input),
          runBatch: (model, inputs) => {
            const running = runtime.runBatch(model, inputs);
            if (!killed && pid !== undefined) process.kill(pid, 'SIGKILL');
            killed = true;
            return running;
          },
        },
      },
    };
    const second = await study(BRIGHT);
    await triageStudy(await insertRun(server.database, second), crashing);
    expect((await read(second)).row.status).toBe('analysed');
    expect(engine.runtime.processIds()).not.toContain(pid);
  });

  it('fails retryably when its only active model takes too long, and fails the study after the last try', async () => {
    addModel({ id: 'test-brightness' }, slowNetwork(64, 8, 10n ** 12n));
    await start({ timeoutMs: 300, loadTimeoutMs: 1_000 });
    await registry.activateAll('test');
    const target = await study(BRIGHT);
    const job = await insertRun(server.database, target);
    const failure = await triageStudy(job, dependencies).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ANALYSIS_TIMEOUT', retryable: true });
    expect(await read(target)).toMatchObject({
      row: { status: 'analysing' },
      runs: [{ state: 'running' }],
    });
    if (!(failure instanceof RadTriageError)) throw new Error('not coded');
    await giveUpStudy(server.database, job, failure);
    const { row, runs } = await read(target);
    expect(row).toMatchObject({ status: 'failed', priority: 'MEDIUM', version: 3 });
    expect(row.statusReason).toMatch(/^ANALYSIS_TIMEOUT: /);
    expect(runs).toMatchObject([{ state: 'failed' }]);
    await giveUpStudy(server.database, job, failure);
    expect((await read(target)).row.version).toBe(3);
  });

  it('keeps the result of one active model when another fails', async () => {
    addModel({ id: 'hanging' }, slowNetwork(64, 8, 10n ** 12n));
    await start({ timeoutMs: 300, loadTimeoutMs: 1_000 });
    await registry.activateAll('test');
    const target = await study(BRIGHT);
    await triage(target);
    const { row, models } = await read(target);
    expect(row).toMatchObject({ status: 'analysed', priority: 'HIGH' });
    expect(row.statusReason).toMatch(
      /hanging 1\.0\.0: ANALYSIS_TIMEOUT.*flagged by test-brightness/,
    );
    expect(models.map((m) => [m.modelId, m.outcome])).toEqual([
      ['hanging', 'failed'],
      ['test-brightness', 'analysed'],
    ]);
  });

  it('refuses a model altered since it was registered, by name', async () => {
    appendFileSync(join(folder.path, 'models/test-brightness/model.onnx'), 'x');
    const target = await study(BRIGHT);
    await triage(target);
    const { row, models } = await read(target);
    expect(row).toMatchObject({
      status: 'not-analysed',
      statusReason: 'model test-brightness 1.0.0 refused: file altered',
      priority: 'MEDIUM',
    });
    expect(models).toMatchObject([{ outcome: 'not-analysed', reason: 'refused: file altered' }]);
    expect(engine.runtime.processIds()).toEqual([]);
  });

  it('refuses patients under the minimum age', async () => {
    const select = {
      level: 'image',
      all: [{ attribute: 'Modality', in: ['DX'] }],
      minimumAgeYears: 18,
    } satisfies ManifestInput['select'];
    await replaceActive({ select });
    const child = await study({ ...BRIGHT, patientAge: '017Y' });
    await triage(child);
    expect((await read(child)).row).toMatchObject({
      status: 'not-analysed',
      statusReason: 'test-brightness 2.0.0: outside intended use: patient under 18',
      priority: 'MEDIUM',
    });
    const unknown = await study(BRIGHT);
    await triage(unknown);
    expect((await read(unknown)).row).toMatchObject({
      status: 'analysed',
      statusReason: 'flagged by test-brightness 2.0.0 (patient age unknown)',
    });
  });
});

describe('the triage job with models in shadow', () => {
  it('leaves the study to them for later, and says what it waits for', async () => {
    const target = await study(BRIGHT);
    await triage(target);
    const { row, runs, models } = await read(target);
    expect(row).toMatchObject({
      status: 'not-analysed',
      statusReason: 'model in shadow: awaiting promotion (test-brightness 1.0.0)',
      ...{ priority: 'MEDIUM', reason: 'MEDIUM: the test', ruleId: 'before' },
      ...{ score: null, scoreModel: null, flagged: false, analysedAt: null },
    });
    expect(models).toEqual([]);
    expect(runs).toMatchObject([{ state: 'not-analysed', shadowState: 'queued' }]);
    expect(engine.runtime.processIds()).toEqual([]);
  });

  it('does not run a retired one', async () => {
    const { id: modelId, version, sha256 } = await registry.find({ modelId: 'test-brightness' });
    await registry.setRole({ modelId, version, sha256, role: 'retired', actor: 'test' });
    const target = await study(BRIGHT);
    await triage(target);
    expect(await read(target)).toMatchObject({ row: { status: 'not-analysed' }, models: [] });
  });
});
