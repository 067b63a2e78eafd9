import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { PriorityRule } from '#core/priority.ts';
import { renderThumbnail } from '#dicom/images/render.ts';
import { createActiveWork } from '#inference/active-work.ts';
import type { TriageDependencies } from '#inference/dependencies.ts';
import { giveUpShadow, type ShadowDependencies, shadowStudy } from '#inference/shadow-study.ts';
import { triageStudy } from '#inference/triage-study.ts';
import { retryShadow } from '#intake/request-shadow.ts';
import { sweepRuns } from '#intake/sweep.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { type ModelRegistry, openRegistry } from '#models/registry/registry.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { startTestEngine } from '#tests/support/engine.ts';
import { testLabel, writeModelFolder } from '#tests/support/onnx/model-folder.ts';
import { brightnessNetwork } from '#tests/support/onnx/networks.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { insertRun, insertStudy, spotImage, type TestImage, type TestStudy } from './studies.ts';

const RULE: PriorityRule = {
  id: 'test',
  version: '1',
  longestWaitMinutes: { STAT: 10, HIGH: 60, MEDIUM: 240, LOW: 1440 },
  raises: [{ model: '*', priority: 'HIGH', headStartMinutes: 30 }],
};
const logger = createLogger({ level: 'silent', process: 'test' });

let server: TestDatabase;
let folder: ReturnType<typeof temporaryDirectory>;
let registry: ModelRegistry;
let engine: Engine;
let dependencies: TriageDependencies;
let shadows: ShadowDependencies;

beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  folder = temporaryDirectory();
  const { database } = server;
  await database.deleteFrom('modelState').execute();
  // The active model flags nothing on a dark image; those in shadow flag whatever they see.
  writeModelFolder(join(folder.path, 'models'));
  registry = await openRegistry({ directories: [join(folder.path, 'models')], database });
  await registry.activateAll('test');
  addEager('eager');
  engine = startTestEngine();
  const blobs = {
    pathOf: (blobPath: string) => join(folder.path, blobPath),
    put: async (bytes: Uint8Array) => {
      writeFileSync(join(folder.path, 'thumbnail'), bytes);
      return 'thumbnail';
    },
  };
  const shared = { database, registry, engine, blobs, logger };
  const render: TriageDependencies['renderThumbnail'] = (frame) =>
    renderThumbnail(frame, { maxSize: 32 });
  dependencies = { ...shared, jobTimeoutMs: 60_000, renderThumbnail: render, rule: RULE };
  shadows = { ...shared, activeWork: createActiveWork() };
});
afterEach(async () => {
  await engine.close();
  folder.remove();
});

function addEager(id: string, version = '1.0.0'): void {
  const heatmap = { threshold: 0.05, minimumCells: 1 };
  const everything = testLabel({ heatmap, operatingPoints: [{ id: 'all', threshold: 0 }] });
  const manifest = { id, version, labels: [everything] };
  writeModelFolder(join(folder.path, 'models'), manifest, brightnessNetwork(64, 16));
}

async function triaged() {
  const store = { database: server.database, folder: folder.path };
  const images: TestImage[] = [{ modality: 'DX', values: spotImage() }];
  const target = await insertStudy(store, { images });
  const job = await insertRun(server.database, target);
  await triageStudy(job, dependencies);
  return { target, job };
}

function readRun(target: TestStudy) {
  return server.database
    .selectFrom('analysisRun')
    .selectAll()
    .where('studyKey', '=', target.studyKey)
    .orderBy('number')
    .executeTakeFirstOrThrow();
}

function readStudy(target: TestStudy) {
  return server.database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', target.studyKey)
    .executeTakeFirstOrThrow();
}

function readModels(target: TestStudy) {
  return server.database
    .selectFrom('modelRun')
    .innerJoin('analysisRun', 'analysisRun.runKey', 'modelRun.runKey')
    .selectAll('modelRun')
    .where('analysisRun.studyKey', '=', target.studyKey)
    .orderBy('modelRun.modelRunKey')
    .execute();
}

function readOutbox(target: TestStudy) {
  return server.database
    .selectFrom('outbox')
    .selectAll()
    .where('jobId', 'like', `${target.studyKey}\\_%`)
    .orderBy('outboxId')
    .execute();
}

describe('models in shadow', () => {
  it('come after the result, which names no job before theirs and is whole without them', async () => {
    const { target, job } = await triaged();
    expect(await readStudy(target)).toMatchObject({ status: 'analysed', flagged: false });
    expect(await readModels(target)).toMatchObject([
      { modelId: 'test-brightness', role: 'active' },
    ]);
    const { runKey, studyKey, imageRevision, traceId } = job;
    expect(await readOutbox(target)).toMatchObject([
      { job: 'shadow', priority: 100, payload: { runKey, studyKey, imageRevision, traceId } },
    ]);
  });

  it('are recorded with what they found, and touch nothing of the study', async () => {
    const { target, job } = await triaged();
    const before = await readStudy(target);
    await shadowStudy(job, shadows, false);
    expect(await readStudy(target)).toEqual(before);
    const models = await readModels(target);
    expect(models).toMatchObject([
      { modelId: 'test-brightness', role: 'active', flagged: false },
      { modelId: 'eager', role: 'shadow', outcome: 'analysed', flagged: true, images: 1 },
    ]);
    const digest = (await registry.find({ modelId: 'eager' })).sha256;
    expect(models[1]?.modelSha256).toBe(digest);
    const findings = await server.database
      .selectFrom('finding')
      .select('modelRunKey')
      .where('studyKey', '=', target.studyKey)
      .execute();
    expect(new Set(findings.map((finding) => finding.modelRunKey))).toEqual(
      new Set([models[1]?.modelRunKey]),
    );
    expect(await readRun(target)).toMatchObject({ state: 'analysed', shadowState: 'done' });
  });

  it('may be several versions of one model, each recorded once however often the job comes', async () => {
    addEager('test-brightness', '2.0.0');
    const { target, job } = await triaged();
    await Promise.all([shadowStudy(job, shadows, false), shadowStudy(job, shadows, false)]);
    await shadowStudy(job, shadows, false);
    const versions = (await readModels(target)).map((m) => [m.modelId, m.modelVersion, m.role]);
    expect(versions.sort()).toEqual([
      ['eager', '1.0.0', 'shadow'],
      ['test-brightness', '1.0.0', 'active'],
      ['test-brightness', '2.0.0', 'shadow'],
    ]);
  });

  it('are tried again when one fails, and only that one; after the last try the failure is recorded', async () => {
    addEager('failing');
    const { target, job } = await triaged();
    const { sha256 } = await registry.find({ modelId: 'failing' });
    const path = (await registry.find({ modelId: 'failing' })).folder;
    const failing: ShadowDependencies = {
      ...shadows,
      engine: {
        preparer: engine.preparer,
        reader: engine.reader,
        runtime: {
          processes: 1,
          load: (model) => engine.runtime.load(model),
          processIds: () => engine.runtime.processIds(),
          run: async (model, input) => {
            if (model.path.startsWith(path)) throw new RadTriageError('MODEL_FAILED', 'it crashed');
            return engine.runtime.run(model, input);
          },
          runBatch: async (model, inputs) => {
            if (model.path.startsWith(path)) throw new RadTriageError('MODEL_FAILED', 'it crashed');
            return engine.runtime.runBatch(model, inputs);
          },
        },
      },
    };
    await expect(shadowStudy(job, failing, false)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect(await readRun(target)).toMatchObject({ shadowState: 'queued' });
    expect((await readModels(target)).map((m) => m.modelId)).toEqual(['test-brightness', 'eager']);
    await shadowStudy(job, failing, true);
    expect((await readModels(target)).at(-1)).toMatchObject({
      ...{ modelId: 'failing', modelSha256: sha256, outcome: 'failed' },
      reason: 'MODEL_FAILED: it crashed',
    });
    expect(await readRun(target)).toMatchObject({ shadowState: 'done' });
    expect(await readStudy(target)).toMatchObject({ status: 'analysed', flagged: false });
  });

  it('let go of a run that newer images or a newer run have overtaken', async () => {
    const { target, job } = await triaged();
    await insertRun(server.database, target, 2);
    await shadowStudy(job, shadows, false);
    expect(await readRun(target)).toMatchObject({ shadowState: 'superseded' });
    expect(await readModels(target)).toHaveLength(1);
  });

  it('wait while somebody waits for an active model', async () => {
    const { target, job } = await triaged();
    const activeWork = createActiveWork();
    const urgent = Promise.withResolvers<void>();
    const working = activeWork.during(() => urgent.promise);
    const running = shadowStudy(job, { ...shadows, activeWork }, false);
    // Whatever else it could do before would be done by now: these queries come after its first one.
    for (let look = 0; look < 5; look += 1) expect(await readModels(target)).toHaveLength(1);
    expect(engine.runtime.processIds().length).toBe(1);
    urgent.resolve();
    await Promise.all([working, running]);
    expect(await readModels(target)).toHaveLength(2);
  });

  it('are given up without a word to the study, shown, and taken up again by hand', async () => {
    const { target, job } = await triaged();
    const before = await readStudy(target);
    await giveUpShadow(server.database, job, new RadTriageError('STORAGE_FAILED', 'no disk'));
    const { shadowJobId, ...run } = await readRun(target);
    expect(run).toMatchObject({ shadowState: 'failed', shadowReason: 'STORAGE_FAILED: no disk' });
    const again = await server.database
      .transaction()
      .execute((trx) => retryShadow(trx, shadowJobId ?? ''));
    expect(again.jobId).toBe(`${shadowJobId}_2`);
    expect(await readStudy(target)).toEqual(before);
    await shadowStudy(job, shadows, false);
    expect(await readRun(target)).toMatchObject({ shadowState: 'done', shadowReason: null });
  });

  it('are sent again when the queue knows nothing of them', async () => {
    const { target } = await triaged();
    const { database } = server;
    await database.updateTable('outbox').set({ sentAt: new Date() }).execute();
    const sweep = (standing: 'open' | 'unknown' | 'completed') =>
      sweepRuns({
        database,
        logger,
        producer: { standingOf: async () => standing },
        olderThanMs: -1,
      });
    await sweep('open');
    expect(await readOutbox(target)).toHaveLength(1);
    await sweep('unknown');
    const [first, second] = await readOutbox(target);
    expect(second).toMatchObject({ job: 'shadow', jobId: first?.jobId, sentAt: null });
    await database.updateTable('outbox').set({ sentAt: new Date() }).execute();
    await sweep('completed');
    expect(await readRun(target)).toMatchObject({
      ...{ state: 'analysed', shadowState: 'failed' },
      shadowReason: 'the job ended without a result',
    });
  });
});
