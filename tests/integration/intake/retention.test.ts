import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reindexBlobs } from '#intake/reindex-blobs.ts';
import { removeImages } from '#intake/retention/remove-images.ts';
import { type RetentionReport, runRetention } from '#intake/retention/run-retention.ts';
import { selectRemovable } from '#intake/retention/select-removable.ts';
import { loadConfig } from '#platform/config/config.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { receiveFile, silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';

let intake: TestIntake;
beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
});
afterAll(async () => intake.stop());
beforeEach(async () => {
  await intake.db.database.deleteFrom('instance').execute();
  await intake.db.database.deleteFrom('study').execute();
});

const DAY_MS = 86_400_000;
const SIZE = 1_000_000_000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);

/** A study of two images that was read so many days ago. */
async function readStudy(seed: string, days: number, over: Record<string, unknown> = {}) {
  const { database } = intake.db;
  const images = [1, 2].map((instanceNumber) =>
    minimalImage({ modality: 'CT', seed, instanceNumber }),
  );
  for (const image of images) await receiveFile(intake.receiver, image.bytes);
  const uid = images[0]?.studyInstanceUid ?? '';
  const at = daysAgo(days);
  const { studyKey } = await database
    .updateTable('study')
    .set({
      status: 'analysed',
      readingStatus: 'reviewed',
      receivedAt: at,
      lastImageAt: at,
      ...over,
    })
    .where('studyInstanceUid', '=', uid)
    .returning('studyKey')
    .executeTakeFirstOrThrow();
  await database
    .updateTable('instance')
    .set({ receivedAt: at })
    .where('studyKey', '=', studyKey)
    .execute();
  const rows = await database
    .selectFrom('instance')
    .select('blobPath')
    .where('studyKey', '=', studyKey)
    .execute();
  return { uid, studyKey, images, files: rows.map((row) => intake.blobStore.locate(row.blobPath)) };
}

function run(
  retention: Record<string, unknown>,
  over: { freeBytes?: number; dryRun?: boolean } = {},
): Promise<RetentionReport> {
  const config = loadConfig({ environment: {}, overrides: { retention } });
  return runRetention({
    database: intake.db.database,
    blobStore: intake.blobStore,
    retention: config.retention,
    readSpace: async () => ({ freeBytes: over.freeBytes ?? SIZE, sizeBytes: SIZE }),
    actor: 'test',
    dryRun: over.dryRun,
  });
}

const gone = (report: RetentionReport): string[] =>
  report.removed.map((study) => study.studyInstanceUid);

describe('retention', () => {
  it('removes nothing unless the site says so', async () => {
    await readStudy('silent', 10_000);
    expect(gone(await run({}, { freeBytes: 0 }))).toEqual([]);
  });

  it('removes images read long enough ago, with their files, and says so on study and audit log', async () => {
    const old = await readStudy('old', 40);
    const young = await readStudy('young', 20);
    const plan = await run({ removeAfterDays: 30 }, { dryRun: true });
    expect(gone(plan)).toEqual([old.uid]);
    expect(old.files.every(existsSync)).toBe(true);
    const report = await run({ removeAfterDays: 30 });
    expect(gone(report)).toEqual([old.uid]);
    expect(report.bytes).toBe(plan.bytes);
    expect(old.files.some(existsSync)).toBe(false);
    expect(young.files.every(existsSync)).toBe(true);
    const { database } = intake.db;
    const study = await database
      .selectFrom('study')
      .select(['imageCount', 'statusReason', 'readingStatus'])
      .where('studyKey', '=', old.studyKey)
      .executeTakeFirstOrThrow();
    expect(study).toMatchObject({ imageCount: 0, readingStatus: 'reviewed' });
    expect(study.statusReason).toMatch(/^images removed on \d{4}-\d\d-\d\d/);
    const entry = await database
      .selectFrom('auditLog')
      .select(['action', 'details'])
      .where('studyInstanceUid', '=', old.uid)
      .where('action', '=', 'study.images-removed')
      .executeTakeFirstOrThrow();
    expect(entry.details).toMatchObject({ why: 'age', instances: 2 });
    expect(gone(await run({ removeAfterDays: 30 }))).toEqual([]);
  });

  it.each([
    ['unread', { readingStatus: 'unread' }, 'unread'],
    ['open on a reader’s screen', { readingStatus: 'open' }, 'unread'],
    ['still being analysed', { status: 'analysing' }, 'underWay'],
  ] as const)(
    'never removes a study that is %s, however full the disk',
    async (_, over, reason) => {
      const { files } = await readStudy(`never ${reason} ${JSON.stringify(over)}`, 400, over);
      const retention = { removeAfterDays: 30, disk: { above: 80, below: 60 } };
      const report = await run(retention, { freeBytes: 0 });
      expect(gone(report)).toEqual([]);
      expect(report.heldBack[reason]).toBe(1);
      expect(report.stillFull).toBe(true);
      expect(files.every(existsSync)).toBe(true);
    },
  );

  it('never removes what has not been delivered or decided on', async () => {
    const { database } = intake.db;
    const undelivered = await readStudy('undelivered', 400);
    const { outboxId } = await database
      .insertInto('outbox')
      .values({ job: 'x', jobId: 'x', payload: JSON.stringify({ studyKey: undelivered.studyKey }) })
      .returning('outboxId')
      .executeTakeFirstOrThrow();
    const disputed = await readStudy('disputed', 400);
    await database
      .updateTable('instance')
      .set({ standing: 'conflict' })
      .where('studyKey', '=', disputed.studyKey)
      .execute();
    const report = await run({ removeAfterDays: 30 });
    expect(gone(report)).toEqual([]);
    expect(report.heldBack).toMatchObject({ undelivered: 1, quarantined: 1 });
    await database.deleteFrom('outbox').where('outboxId', '=', outboxId).execute();
    expect(gone(await run({ removeAfterDays: 30 }))).toEqual([undelivered.uid]);
  });

  it('never removes a study whose result has not reached the PACS', async () => {
    const { database } = intake.db;
    const waiting = await readStudy('result on its way', 400);
    const { resultSetKey } = await database
      .insertInto('resultSet')
      .values({ studyKey: waiting.studyKey, runKey: null, reviewId: null, number: 1 })
      .returning('resultSetKey')
      .executeTakeFirstOrThrow();
    const report = await run({ removeAfterDays: 30 });
    expect(gone(report)).toEqual([]);
    expect(report.heldBack).toMatchObject({ undelivered: 1 });
    const ended = { state: 'made' as const };
    const set = database.updateTable('resultSet').set(ended);
    await set.where('resultSetKey', '=', resultSetKey).execute();
    expect(gone(await run({ removeAfterDays: 30 }))).toEqual([waiting.uid]);
    await database.deleteFrom('resultSet').execute();
  });

  it('keeps rejection notes, which go on hiding what they name', async () => {
    const { database } = intake.db;
    const study = await readStudy('rejected', 400);
    const rows = await database
      .selectFrom('instance')
      .select('instanceKey')
      .where('studyKey', '=', study.studyKey)
      .orderBy('instanceKey')
      .execute();
    const note = rows[0]?.instanceKey ?? '';
    await database
      .insertInto('quarantine')
      .values({
        kind: 'rejection-note',
        instanceKey: note,
        state: 'adopted',
        reason: 'note-permitted',
        differences: JSON.stringify([]),
      })
      .execute();
    expect(gone(await run({ removeAfterDays: 30 }))).toEqual([study.uid]);
    const left = await database
      .selectFrom('instance')
      .select('instanceKey')
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect(left).toEqual([{ instanceKey: note }]);
    expect(gone(await run({ removeAfterDays: 30 }))).toEqual([]);
  });

  it('counts from the last reading, and keeps what it has promised to keep', async () => {
    const { database } = intake.db;
    const readLate = await readStudy('read late', 400);
    await database
      .insertInto('review')
      .values({
        reviewId: 'late',
        studyKey: readLate.studyKey,
        imageRevision: null,
        runKey: null,
        seenVersion: 1,
        kind: 'reading',
        state: 'signed',
        reader: 'reader',
        readingMode: 'assist',
        comment: null,
        positive: false,
        openedAt: null,
        undoneAt: null,
      })
      .execute();
    expect(gone(await run({ removeAfterDays: 30 }))).toEqual([]);
    const full = { keepAtLeastDays: 365, disk: { above: 80, below: 60 } };
    const promised = await readStudy('promised', 364);
    expect(gone(await run(full, { freeBytes: 0 }))).toEqual([readLate.uid]);
    expect(promised.files.every(existsSync)).toBe(true);
    await database.deleteFrom('review').execute();
  });

  it('frees a full disk from those used longest ago, and stops at the lower mark', async () => {
    const studies = [];
    for (const days of [30, 10, 20]) studies.push(await readStudy(`full ${days}`, days));
    const [first] = studies;
    const rows = await intake.db.database
      .selectFrom('instance')
      .select(({ fn }) => fn.sum<string>('fileBytes').as('bytes'))
      .where('studyKey', '=', first?.studyKey ?? '')
      .executeTakeFirstOrThrow();
    // One study's bytes make one percent of this disk.
    const percent = Number(rows.bytes);
    const config = loadConfig({
      environment: {},
      overrides: { retention: { disk: { above: 80, below: 79 } } },
    });
    const report = await runRetention({
      database: intake.db.database,
      blobStore: intake.blobStore,
      retention: config.retention,
      readSpace: async () => ({ freeBytes: 19.5 * percent, sizeBytes: 100 * percent }),
      actor: 'test',
    });
    expect(gone(report)).toEqual([studies[0]?.uid, studies[2]?.uid]);
    expect(report.stillFull).toBe(false);
  });

  it('takes images sent again as new ones, and a crash before the files are deleted brings nothing back', async () => {
    const { database } = intake.db;
    const study = await readStudy('again', 400);
    const limits = { lastUsedBefore: new Date(), keptSince: new Date() };
    const [removable] = await selectRemovable(database, { ...limits, limit: 1 });
    if (removable === undefined) throw new Error('nothing is removable');
    expect(
      await removeImages(database, { study: removable, why: 'age', actor: 'test', limits }),
    ).toBe(true);
    expect(study.files.every(existsSync)).toBe(true);
    const rules = { config: intake.config, rule: loadPriorityRule() };
    await reindexBlobs({ database, blobStore: intake.blobStore, rules, logger: silent });
    const rows = await database
      .selectFrom('instance')
      .select('instanceKey')
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect(rows).toEqual([]);
    const [image] = study.images;
    const { outcome } = await receiveFile(intake.receiver, image?.bytes ?? Buffer.alloc(0));
    expect(outcome).toBe('stored');
    await run({});
    expect(study.files.some(existsSync)).toBe(false);
    const row = await database
      .selectFrom('study')
      .select(['imageCount', 'imagesRemovedAt', 'readingStatus', 'status'])
      .where('studyKey', '=', study.studyKey)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({
      imageCount: 1,
      imagesRemovedAt: null,
      readingStatus: 'unread',
      status: 'receiving',
    });
  });
});
