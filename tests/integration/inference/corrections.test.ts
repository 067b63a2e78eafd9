import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { studyDetailSchema } from '#contracts/study.ts';
import { renderThumbnail } from '#dicom/images/render.ts';
import { triageStudy } from '#inference/triage-study.ts';
import { decideQuarantine } from '#intake/corrections/decide-quarantine.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { openRegistry } from '#models/registry/registry.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { type MinimalObject, rejectionNote } from '#test-data/minimal-objects.ts';
import type { Attributes } from '#test-data/part10-writer.ts';
import { booksOf, versionOf } from '#tests/support/corrections.ts';
import { beforePreparing, startTestEngine } from '#tests/support/engine.ts';
import { receiveFile, silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { writeModelFolder } from '#tests/support/onnx/model-folder.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';
import { spotImage } from './studies.ts';

const models = temporaryDirectory();
let intake: TestIntake;
let books: ReturnType<typeof booksOf>;
let engine: Engine;
let web: Web;
let reader: Caller;
let registry: Awaited<ReturnType<typeof openRegistry>>;

beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
  books = booksOf(intake);
  const { database, url } = intake.db;
  writeModelFolder(models.path);
  registry = await openRegistry({ directories: [models.path], database });
  await registry.activateAll('test');
  engine = startTestEngine();
  const place = { database, databaseUrl: url, directory: intake.blobDirectory };
  web = await startTestWeb(place, {}, { blobStore: intake.blobStore });
  reader = await callerFor(web, database, { role: 'radiologist', name: 'reader' });
});
afterAll(async () => {
  await web.close();
  await engine.close();
  await intake.stop();
  models.remove();
});

const SIDE = 64;
const BRIGHT = spotImage({ x: 40, y: 16, side: 8, value: 900 });
const BRIGHT_ELSEWHERE = spotImage({ x: 8, y: 40, side: 8, value: 900 });

function picture(seed: string, values: Uint16Array, over: Attributes = {}, number = 1) {
  const attributes: Attributes = {
    Rows: SIDE,
    Columns: SIDE,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelData: Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    ...over,
  };
  return versionOf(seed, attributes, number);
}

const send = async (file: { bytes: Buffer }) =>
  (await receiveFile(intake.receiver, file.bytes)).outcome;

/** Completes the study and runs its newest job; `meanwhile` happens while the first image is decoded. */
async function triage(image: MinimalObject, meanwhile?: () => Promise<unknown>) {
  await books.complete(image.studyInstanceUid);
  const { database } = intake.db;
  const { studyKey } = await books.studyOf(image.studyInstanceUid);
  const run = await database
    .selectFrom('analysisRun')
    .select(['runKey', 'imageRevision', 'traceId'])
    .where('studyKey', '=', studyKey)
    .orderBy('number', 'desc')
    .executeTakeFirstOrThrow();
  let pending = meanwhile;
  await triageStudy(
    { studyKey, ...run },
    {
      database,
      registry,
      engine: beforePreparing(engine, async () => {
        const interruption = pending;
        pending = undefined;
        await interruption?.();
      }),
      jobTimeoutMs: 60_000,
      blobs: { pathOf: (path) => intake.blobStore.locate(path), put: async () => 'none' },
      renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: 32 }),
      rule: loadPriorityRule(),
      logger: silent,
    },
  );
}

async function detailOf(image: MinimalObject) {
  const answer = await reader(`/api/studies/${image.studyInstanceUid}`);
  return studyDetailSchema.parse(await answer.json());
}

const adopt = async (image: MinimalObject) => {
  const [entry] = await books.quarantineOf(image.sopInstanceUid);
  const { database } = intake.db;
  const rules = { config: intake.config, rule: loadPriorityRule() };
  await decideQuarantine(
    { database, blobs: intake.blobStore, rules },
    { quarantineId: entry?.quarantineId ?? '', decision: 'adopt', actor: 'a', reason: 'r' },
  );
};

describe('while a study is analysed', () => {
  const interruptions: [what: string, meanwhile: (seed: string) => Promise<unknown>][] = [
    [
      'a rejection note',
      (seed) => send(rejectionNote({ title: '113037', seed, of: [picture(seed, BRIGHT)] })),
    ],
    [
      'a version of another laterality',
      (seed) => send(picture(seed, BRIGHT, { ImageLaterality: 'L' })),
    ],
    [
      'a move to another study',
      (seed) => send(picture(seed, BRIGHT, { StudyInstanceUID: '1.2.826.0.1.3680043.10.99.60' })),
    ],
    [
      'the adoption of another picture',
      async (seed) => {
        expect(await send(picture(seed, BRIGHT_ELSEWHERE))).toBe('conflict');
        await adopt(picture(seed, BRIGHT));
      },
    ],
  ];
  it.each(interruptions)('%s keeps its results from being shown', async (seed, meanwhile) => {
    const image = picture(seed, BRIGHT);
    await send(image);
    await triage(image, () => meanwhile(seed));
    const study = await books.studyOf(image.studyInstanceUid);
    expect(study).toMatchObject({ flagged: false, flaggedLabels: [], score: null });
    expect(study).toMatchObject({ priority: 'MEDIUM' });
    expect(await books.runsOf(image.studyInstanceUid)).toMatchObject([{ state: 'superseded' }]);
    expect(await detailOf(image)).toMatchObject({ findings: [], heatmaps: [], flagged: false });
    // What was computed is on record, and nobody gets it.
    const { heatmapId } = await intake.db.database
      .selectFrom('heatmap')
      .select('heatmapId')
      .where('studyKey', '=', study.studyKey)
      .executeTakeFirstOrThrow();
    const path = `/api/studies/${image.studyInstanceUid}/heatmaps/${heatmapId}`;
    expect((await reader(path)).status).toBe(404);
  });

  it('a corrected name does not disturb it', async () => {
    const image = picture('name', BRIGHT);
    await send(image);
    await triage(image, () => send(picture('name', BRIGHT, { PatientName: 'Right^Name' })));
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      status: 'analysed',
      flagged: true,
      patientName: 'Right^Name',
    });
    expect((await detailOf(image)).findings).toHaveLength(1);
  });
});

describe('after it was analysed', () => {
  it('a withdrawn image takes its findings along, and the rest is analysed without it', async () => {
    const bad = picture('after', BRIGHT, {}, 1);
    const good = picture('after', BRIGHT_ELSEWHERE, {}, 2);
    await send(bad);
    await send(good);
    await triage(bad);
    expect((await detailOf(bad)).findings).toHaveLength(2);
    await send(rejectionNote({ title: '113001', seed: 'after', of: [bad] }));
    expect(await detailOf(bad)).toMatchObject({ findings: [], heatmaps: [], imageCount: 1 });
    await triage(bad);
    const detail = await detailOf(bad);
    expect(detail.findings.map((finding) => finding.sopInstanceUid)).toEqual([good.sopInstanceUid]);
    expect(detail.heatmaps.map((heatmap) => heatmap.sopInstanceUid)).toEqual([good.sopInstanceUid]);
  });

  it('an adopted picture is analysed, and its marks stand where it has them', async () => {
    const image = picture('adopted', BRIGHT);
    await send(image);
    await triage(image);
    const before = (await detailOf(image)).findings[0]?.box;
    await send(picture('adopted', BRIGHT_ELSEWHERE));
    await adopt(image);
    expect((await detailOf(image)).findings).toEqual([]);
    await triage(image);
    const after = (await detailOf(image)).findings[0]?.box;
    expect(after).toBeDefined();
    expect(after).not.toEqual(before);
  });
});
