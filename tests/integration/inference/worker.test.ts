import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEngines } from '#cli/doctor/engines.ts';
import type { PriorityRule } from '#core/priority.ts';
import { renderThumbnail } from '#dicom/images/render.ts';
import { startTriageWorker, type TriageWorker } from '#inference/start-worker.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { openRegistry } from '#models/registry/registry.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { type OpenedQueue, openQueue } from '#queue/open-queue.ts';
import { startTestEngine } from '#tests/support/engine.ts';
import { writeModelFolder } from '#tests/support/onnx/model-folder.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { insertRun, insertStudy, spotImage, type TestStudy } from './studies.ts';

const RULE: PriorityRule = {
  id: 'test',
  version: '1',
  longestWaitMinutes: { STAT: 10, HIGH: 60, MEDIUM: 240, LOW: 1440 },
  raises: [{ model: '*', priority: 'HIGH', headStartMinutes: 30 }],
};
const logger = createLogger({ level: 'silent', process: 'test' });

let server: TestDatabase;
let folder: ReturnType<typeof temporaryDirectory>;
let queue: OpenedQueue;
let engine: Engine;
let worker: TriageWorker;

async function startWorker(blobRoot: string): Promise<void> {
  const { database } = server;
  const registry = await openRegistry({ directories: [join(folder.path, 'models')], database });
  await registry.activateAll('test');
  worker = startTriageWorker({
    queue,
    concurrency: 1,
    database,
    registry,
    engine,
    jobTimeoutMs: 60_000,
    blobs: {
      pathOf: (blobPath) => join(blobRoot, blobPath),
      put: async () => 'thumbnail',
    },
    renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: 32 }),
    rule: RULE,
    logger,
  });
}

beforeEach(async () => {
  server = await startTestDatabase();
  folder = temporaryDirectory();
  writeModelFolder(join(folder.path, 'models'));
  queue = await openQueue({ databaseUrl: server.url, logger });
  engine = startTestEngine();
});
afterEach(async () => {
  await worker.close();
  await Promise.all([queue.close(), engine.close()]);
  await server.stop();
  folder.remove();
});

async function enqueue(): Promise<TestStudy> {
  const values = spotImage({ x: 40, y: 16, side: 8, value: 900 });
  const study = await insertStudy(
    { database: server.database, folder: folder.path },
    { images: [{ modality: 'DX', values }] },
  );
  const payload = await insertRun(server.database, study);
  const jobId = `${study.studyKey}_${study.imageRevision}_1`;
  await queue.producer.enqueue({ job: 'triage', jobId, payload });
  return study;
}

function statusOf({ studyKey }: TestStudy) {
  return server.database
    .selectFrom('study')
    .select(['status', 'statusReason', 'priority'])
    .where('studyKey', '=', studyKey)
    .executeTakeFirstOrThrow();
}

describe('the triage worker', () => {
  it('takes jobs from the queue and shows that it is alive', async () => {
    await startWorker(folder.path);
    const study = await enqueue();
    await waitFor(async () => (await statusOf(study)).status === 'analysed', {
      deadlineMs: 30_000,
      what: 'the study to be analysed',
    });
    expect(await statusOf(study)).toMatchObject({ priority: 'HIGH' });
    const beats = await server.database.selectFrom('heartbeat').selectAll().execute();
    expect(beats).toMatchObject([{ details: { pid: process.pid } }]);
    expect(beats[0]?.process).toMatch(/^worker:/);
  });

  it('loads the models at start and reports where they run, and which providers declined', async () => {
    await engine.close();
    engine = startTestEngine({ executionProviders: ['cuda', 'cpu'] });
    await startWorker(folder.path);
    const details = await waitFor(
      async () => {
        const [beat] = await server.database.selectFrom('heartbeat').selectAll().execute();
        return beat?.details['providers'] !== undefined &&
          JSON.stringify(beat.details['providers']) !== '{}'
          ? beat.details
          : undefined;
      },
      { deadlineMs: 30_000, what: 'the providers in the heartbeat' },
    );
    expect(details['providers']).toEqual({ 'test-brightness': 'cpu' });
    const told = await waitFor(
      async () => {
        const found = await readEngines(server.database);
        return found[0]?.detail.includes('declined') ? found : undefined;
      },
      { deadlineMs: 30_000, what: 'the providers that declined in the heartbeat' },
    );
    expect(told).toEqual([
      {
        level: 'ok',
        what: expect.stringMatching(/^test-brightness on worker:/),
        detail: expect.stringMatching(/^runs on cpu; declined before: cuda: ./),
      },
    ]);
  });

  it('fails a study whose kept objects cannot be read, visibly, after the last try', async () => {
    await startWorker(join(folder.path, 'unmounted'));
    const study = await enqueue();
    await waitFor(async () => (await statusOf(study)).status === 'failed', {
      deadlineMs: 60_000,
      what: 'the study to fail',
    });
    expect(await statusOf(study)).toMatchObject({
      priority: 'MEDIUM',
      statusReason: expect.stringMatching(/^STORAGE_FAILED: /),
    });
    const letter = await waitFor(
      () => server.database.selectFrom('deadLetter').selectAll().executeTakeFirst(),
      { what: 'the dead letter' },
    );
    expect(letter).toMatchObject({
      job: 'triage',
      studyKey: study.studyKey,
      code: 'STORAGE_FAILED',
      attempts: 4,
    });
  });
});
