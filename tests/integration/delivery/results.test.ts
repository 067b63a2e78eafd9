import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { ResultKind } from '#core/result-objects.ts';
import { type BuildMeans, buildObjects } from '#delivery/results/build-objects.ts';
import { claimDueSet, nextDueSet, recordFailure } from '#delivery/results/claim-set.ts';
import { readInstallation } from '#delivery/results/installation.ts';
import { makeResult } from '#delivery/results/make-result.ts';
import type { ObjectsToBuild, ResultMaking } from '#delivery/results/result-making.ts';
import { startResults } from '#delivery/results/start-results.ts';
import type { AiResult } from '#dicom/objects/types.ts';
import { createPixelDecoder, type PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { loadConfig } from '#platform/config/config.ts';
import { requestResults } from '#platform/study-results/request-results.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import {
  type SeededRun,
  type SeededStudy,
  seedFiles,
  seedRun,
  seedStudy,
} from '#tests/support/seed-studies.ts';

const EVERYTHING: ResultKind[] = ['sr', 'seg', 'sc', 'ko', 'gsps', 'rejection'];
const PACS = { kind: 'C-STORE', name: 'pacs', host: '127.0.0.1', port: 104, calledAe: 'PACS' };
const SIDE = 64;

describe('results as DICOM objects', () => {
  let intake: TestIntake;
  let decoder: PixelDecoder;
  let making: ResultMaking;
  let study: SeededStudy;
  let run: SeededRun;
  let image: string;

  const build = (order: ObjectsToBuild) => {
    const means: BuildMeans = { decoder, pathOf: (path) => join(intake.blobDirectory, path) };
    return buildObjects(order, means);
  };
  const withConfig = (overrides: Record<string, unknown>): ResultMaking => ({
    ...making,
    config: loadConfig({ environment: {}, overrides }),
  });
  const database = () => intake.db.database;

  beforeAll(async () => {
    intake = await startTestIntake();
    decoder = createPixelDecoder({ processes: 1 });
    const config = loadConfig({
      environment: {},
      overrides: { destinations: [{ ...PACS, send: EVERYTHING }] },
    });
    const installation = await readInstallation(database(), config, '0.0.0-test');
    const { receiver } = intake;
    const titleOf = async () => 'Phantom lesion';
    making = { database: database(), receiver, installation, config, titleOf, build };
  });
  afterAll(async () => {
    await decoder.close();
    await intake.stop();
  });
  beforeEach(async () => {
    study = await seedStudy(database(), { priority: 'HIGH', flagged: true });
    const { studyInstanceUid } = study;
    const picture = { seed: randomUUID(), modality: 'DX', rows: SIDE, columns: SIDE } as const;
    const made = minimalImage({ ...picture, studyInstanceUid });
    image = made.sopInstanceUid;
    const files = [made.bytes];
    const directory = intake.blobDirectory;
    const imageRevision = await seedFiles(database(), study, { directory, files });
    const box = [10, 12, 20, 16] as const;
    run = await seedRun(database(), study, { imageRevision, sopInstanceUid: image, box });
    const cells = { scaleX: SIDE / 4, scaleY: SIDE / 4, label: 'lesion' };
    await database()
      .updateTable('heatmap')
      .set(cells)
      .where('heatmapId', '=', run.heatmapId)
      .execute();
  });
  afterEach(async () => {
    await database().updateTable('resultSet').set({ state: 'made' }).execute();
  });

  const request = (reviewId?: string, runKey: string | null = run.runKey) =>
    database()
      .transaction()
      .execute((trx) => requestResults(trx, { studyKey: study.studyKey, runKey, reviewId }));
  const make = async (by = making) => {
    const set = await claimDueSet(database(), new Date());
    if (set === undefined) throw new Error('nothing is due');
    return makeResult(set, by);
  };
  const review = async (verdicts: readonly ('confirm' | 'reject')[]) => {
    const reviewId = randomUUID();
    await database()
      .insertInto('review')
      .values({
        ...{ reviewId, studyKey: study.studyKey, runKey: run.runKey, imageRevision: null },
        ...{ seenVersion: 1, kind: 'reading', state: 'signed', reader: 'ada' },
        ...{ readingMode: 'assist', comment: null, positive: true, openedAt: null },
      })
      .execute();
    for (const verdict of verdicts) {
      await database()
        .insertInto('findingVerdict')
        .values({
          ...{ reviewId, findingId: run.findingId, verdict, reason: null, label: null },
          ...{ sopInstanceUid: null, frame: null },
          ...{ boxX: null, boxY: null, boxWidth: null, boxHeight: null },
        })
        .execute();
    }
    return reviewId;
  };
  const objects = () =>
    database()
      .selectFrom('resultObject')
      .innerJoin('instance', 'instance.sopInstanceUid', 'resultObject.sopInstanceUid')
      .innerJoin('resultSet', 'resultSet.resultSetKey', 'resultObject.resultSetKey')
      .select(['resultObject.kind', 'showsPlace', 'supersededAt', 'number'])
      .select(['instance.kind as instanceKind', 'standing', 'resultObject.sopInstanceUid'])
      .where('resultObject.studyKey', '=', study.studyKey)
      .orderBy('resultObjectKey')
      .execute();
  const setStates = () =>
    database()
      .selectFrom('resultSet')
      .select(['number', 'state', 'reason'])
      .where('studyKey', '=', study.studyKey)
      .orderBy('number')
      .execute();

  it('are made of a run, kept with their study, and planned for whoever wants them', async () => {
    await request();
    expect(await make()).toEqual({ state: 'made', objects: 5 });
    const made = await objects();
    expect(made.map(({ kind }) => kind).toSorted()).toEqual(['gsps', 'ko', 'sc', 'seg', 'sr']);
    for (const one of made) {
      expect(one).toMatchObject({ instanceKind: 'object', standing: 'current', number: 1 });
    }
    const deliveries = await database()
      .selectFrom('delivery')
      .select(['destination', 'state'])
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect(deliveries).toEqual(Array(5).fill({ destination: 'pacs', state: 'waiting' }));
    const { imageCount, version } = await database()
      .selectFrom('study')
      .select(['imageCount', 'version'])
      .where('studyKey', '=', study.studyKey)
      .executeTakeFirstOrThrow();
    // What a reader has on the screen does not go stale.
    expect({ imageCount, version }).toEqual({ imageCount: 1, version: 1 });
  });

  it('are not made when no destination wants them, or other images have come', async () => {
    await request();
    expect(await make(withConfig({}))).toMatchObject({ state: 'cancelled' });
    await request();
    await database()
      .updateTable('study')
      .set({ imageRevision: 'f'.repeat(64) })
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect(await make()).toMatchObject({ state: 'cancelled' });
    expect(await objects()).toEqual([]);
    expect(await setStates()).toEqual([
      { number: 1, state: 'cancelled', reason: 'no destination wants it' },
      { number: 2, state: 'cancelled', reason: 'other images have come' },
    ]);
  });

  it('say what kept models from a study that was signed without a result of theirs', async () => {
    const reports: AiResult[] = [];
    const look = async (order: ObjectsToBuild) => {
      reports.push(order.result);
      return build(order);
    };
    const sign = async (state: 'not-analysed' | 'failed', outcome: 'declined' | 'failed') => {
      await database().updateTable('analysisRun').set({ state }).execute();
      await database().updateTable('modelRun').set({ outcome, labelScores: '[]' }).execute();
      await request(await review([]), null);
      await make({ ...making, build: look });
      return reports.at(-1);
    };
    const declined = await sign('not-analysed', 'declined');
    expect(declined).toMatchObject({ algorithms: [{ outcome: 'declined' }], findings: [] });
    expect(declined?.isAnalysisFailed).toBe(false);
    expect(await sign('failed', 'failed')).toMatchObject({ isAnalysisFailed: true, findings: [] });
  });

  it('show no place in triage-only mode: the report is all there is', async () => {
    await request();
    const destinations = [{ ...PACS, send: EVERYTHING }];
    await make(withConfig({ readingMode: 'triage-only', destinations }));
    expect(await objects()).toMatchObject([{ kind: 'sr', showsPlace: false }]);
  });

  it('leave the pictures alone when the reader confirms all', async () => {
    await request();
    await make();
    await request(await review(['confirm']));
    await make();
    const made = await objects();
    const superseded = made.filter(({ supersededAt }) => supersededAt !== null);
    expect(superseded.map(({ kind }) => kind)).toEqual(['sr']);
    expect(made.filter(({ number }) => number === 2).map(({ kind }) => kind)).toEqual(['sr']);
  });

  it('withdraw the pictures of what the reader rejects', async () => {
    await request();
    await make();
    await request(await review(['reject']));
    await make();
    const made = await objects();
    const second = made.filter(({ number }) => number === 2).map(({ kind }) => kind);
    expect(second).toEqual(['sr', 'rejection']);
    const standings = made.map(({ kind, number, standing }) => [number, kind, standing]);
    expect(standings).toEqual(
      expect.arrayContaining([
        [1, 'sr', 'current'],
        [1, 'sc', 'withdrawn'],
        [1, 'seg', 'withdrawn'],
        [2, 'sr', 'current'],
      ]),
    );
  });

  it('are the same again after a crash between keeping them and writing them down', async () => {
    await request();
    const crash = async (order: ObjectsToBuild) => {
      await build(order).then(async (made) => {
        const { keepObject } = await import('#delivery/results/keep-object.ts');
        for (const { object } of made) {
          await keepObject(database(), making.receiver, { object, ownAe: 'RADTRIAGE' });
        }
      });
      throw new RadTriageError('DATABASE_UNAVAILABLE', 'gone');
    };
    const set = await claimDueSet(database(), new Date());
    if (set === undefined) throw new Error('nothing is due');
    await expect(makeResult(set, { ...making, build: crash })).rejects.toThrow('gone');
    const kept = await database()
      .selectFrom('instance')
      .select('sopInstanceUid')
      .where('studyKey', '=', study.studyKey)
      .where('kind', '=', 'object')
      .execute();
    expect(kept).toHaveLength(5);
    await makeResult(set, making);
    const made = await objects();
    expect(made.map(({ sopInstanceUid }) => sopInstanceUid).toSorted()).toEqual(
      kept.map(({ sopInstanceUid }) => sopInstanceUid).toSorted(),
    );
  });

  it('are forgotten when they are overtaken while they are made', async () => {
    await request();
    const overtaken = async (order: ObjectsToBuild) => {
      const made = await build(order);
      await request(await review(['confirm']));
      return made;
    };
    expect(await make({ ...making, build: overtaken })).toMatchObject({ state: 'cancelled' });
    expect(await objects()).toEqual([]);
    const found = await database()
      .selectFrom('instance')
      .select('standing')
      .where('studyKey', '=', study.studyKey)
      .where('kind', '=', 'object')
      .execute();
    expect(found).toEqual(Array(5).fill({ standing: 'withdrawn' }));
    expect(await make()).toMatchObject({ state: 'made' });
  });

  it('come one after the other for a study, and no set to two who look at once', async () => {
    await request(await review(['confirm']));
    await request();
    const now = new Date();
    const claimed = await Promise.all(
      Array.from({ length: 4 }, () => claimDueSet(database(), now)),
    );
    expect(claimed.filter((set) => set !== undefined)).toMatchObject([{ number: 1 }]);
    // What waits for an earlier one is not due, or whoever makes them would look for it without a pause.
    expect((await nextDueSet(database()))?.getTime()).toBeGreaterThan(now.getTime() + 60_000);
  });

  it('are tried again after a failure that may pass, and given up after one that does not', async () => {
    await request();
    const set = await claimDueSet(database(), new Date());
    if (set === undefined) throw new Error('nothing is due');
    const passing = new RadTriageError('STORAGE_FAILED', 'no disk');
    expect(await recordFailure(database(), set, passing)).toBe(false);
    expect(await claimDueSet(database(), new Date())).toBeUndefined();
    expect(await claimDueSet(database(), new Date(Date.now() + 60_000))).toMatchObject({
      ...{ attempts: 2, reason: 'STORAGE_FAILED: no disk' },
    });
    const unexpected = new Error('terminating connection because of Doe^Jane');
    expect(await recordFailure(database(), set, unexpected)).toBe(false);
    expect(JSON.stringify(await setStates())).not.toContain('Doe');
    const lasting = new RadTriageError('PIXELS_UNDECODABLE', 'cut short');
    expect(await recordFailure(database(), set, lasting)).toBe(true);
    expect(await setStates()).toMatchObject([{ state: 'failed' }]);
  });

  it('are given up when making them has ended the process again and again', async () => {
    await request();
    const worn = { attempts: 8 };
    await database().updateTable('resultSet').set(worn).where('state', '=', 'waiting').execute();
    const results = startResults({ making, databaseUrl: intake.db.url, logger: silent });
    try {
      const state = async () => (await setStates())[0]?.state;
      await expect.poll(state, { timeout: 20_000, interval: 20 }).toBe('failed');
    } finally {
      await results.close();
    }
  });

  it('are made as soon as they are asked for', async () => {
    const results = startResults({ making, databaseUrl: intake.db.url, logger: silent });
    try {
      await request();
      const state = async () => (await setStates())[0]?.state;
      await expect.poll(state, { timeout: 20_000, interval: 20 }).toBe('made');
    } finally {
      await results.close();
    }
  });
});
