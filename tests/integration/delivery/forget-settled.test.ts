import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { forgetSettled } from '#intake/retention/forget-settled.ts';
import { startRetention } from '#intake/retention/start-retention.ts';
import { loadConfig } from '#platform/config/config.ts';
import type { DeliveryTable } from '#platform/database/delivery-tables.ts';
import type { NotificationTable } from '#platform/database/notification-tables.ts';
import { silent } from '#tests/support/intake.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedResults } from '#tests/support/seed-results.ts';
import { type SeededStudy, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { readStudyResults } from '#worklist/study/result-sets.ts';

const DAY_MS = 86_400_000;
const { keepRecordsDays } = loadConfig({ environment: {} }).retention;

describe('what became of results', () => {
  let db: TestDatabase;
  const files = temporaryDirectory();
  const start = new Date();
  const dayAfter = (days: number) => new Date(start.getTime() + days * DAY_MS);
  beforeAll(async () => {
    db = await startTestDatabase();
  });
  afterEach(async () => {
    await db.database.deleteFrom('delivery').execute();
    await db.database.deleteFrom('deliveryCommitment').execute();
    await db.database.deleteFrom('notification').execute();
    await db.database.deleteFrom('resultObject').execute();
    await db.database.deleteFrom('resultSet').execute();
  });
  afterAll(async () => {
    await db.stop();
    files.remove();
  });

  const forget = (days: number) =>
    forgetSettled(db.database, { now: dayAfter(days), keepRecordsDays, actor: 'retention' });

  async function makeSet(study: SeededStudy, number: number, supersededAt: Date | null = null) {
    const kinds = ['sr'] as const;
    const [object] = await seedResults(db.database, study, {
      ...{ directory: files.path, kinds, number },
    });
    const resultObjectKey = object?.resultObjectKey ?? '';
    await db.database
      .updateTable('resultObject')
      .set({ supersededAt })
      .where('resultObjectKey', '=', resultObjectKey)
      .execute();
    return { resultObjectKey, sopInstanceUid: object?.sopInstanceUid ?? '' };
  }

  async function deliver(over: Partial<Insertable<DeliveryTable>>) {
    const study = await seedStudy(db.database);
    const { studyKey } = study;
    const { resultObjectKey } = await makeSet(study, 1);
    const values = { destination: 'pacs', resultObjectKey, studyKey, settledAt: start, ...over };
    await db.database.insertInto('delivery').values(values).execute();
    return study;
  }

  const setNumbers = async ({ studyKey }: SeededStudy) => {
    const rows = await db.database
      .selectFrom('resultSet')
      .select('number')
      .where('studyKey', '=', studyKey)
      .orderBy('number')
      .execute();
    return rows.map(({ number }) => number);
  };

  it('is kept for 180 days, then goes as a count in the audit log', async () => {
    for (const state of ['sent', 'superseded', 'dismissed'] as const) await deliver({ state });
    await deliver({ state: 'sent', commitmentState: 'committed', transactionUid: '1.2.3' });
    const forgotten = { deliveries: 4, notifications: 0, resultSets: 0 };
    expect(await forget(179)).toEqual({ ...forgotten, deliveries: 0 });
    expect(await forget(181)).toEqual(forgotten);
    expect(await forget(181)).toEqual({ ...forgotten, deliveries: 0 });
    const entries = await db.database
      .selectFrom('auditLog')
      .select(['actor', 'details'])
      .where('action', '=', 'records.forgotten')
      .execute();
    const details = { ...forgotten, settledBefore: dayAfter(1).toISOString() };
    expect(entries).toEqual([{ actor: 'retention', details }]);
  });

  it('stays while it waits, is a dead letter, or a destination may still say something of it', async () => {
    await deliver({ state: 'waiting', settledAt: null });
    await deliver({ state: 'dead' });
    await deliver({ state: 'sent', commitmentState: 'wanted' });
    await deliver({ state: 'sent', commitmentState: 'asked', transactionUid: '1.2.4' });
    await deliver({ state: 'sent', commitmentState: 'unanswered', transactionUid: '1.2.5' });
    const request = { transactionUid: '1.2.5', destination: 'pacs', askedAt: dayAfter(9_910) };
    await db.database.insertInto('deliveryCommitment').values(request).execute();
    expect(await forget(9_999)).toMatchObject({ deliveries: 0 });
    expect(await forget(10_001)).toMatchObject({ deliveries: 1 });
    const left = await db.database.selectFrom('delivery').select('state').execute();
    expect(left.map(({ state }) => state)).toEqual(['waiting', 'dead', 'sent', 'sent']);
  });

  it('is said of a study whose result went out long ago', async () => {
    const study = await deliver({ state: 'sent' });
    const read = () => readStudyResults(db.database, study.studyKey);
    expect(await read()).toMatchObject([{ isForgotten: false, destinations: [{ sent: 1 }] }]);
    await forget(181);
    expect(await read()).toMatchObject([{ isForgotten: true, destinations: [] }]);
  });

  async function notify(
    study: SeededStudy | null,
    over: Partial<Insertable<NotificationTable>>,
  ): Promise<void> {
    const values = {
      ...{ rule: 'pager', studyKey: study?.studyKey ?? null, runKey: null },
      ...{ content: JSON.stringify(null), idempotencyKey: randomUUID() },
      ...{ nextAttemptAt: start, giveUpAt: start, createdAt: start, waitingSince: start, ...over },
    };
    await db.database.insertInto('notification').values(values).execute();
  }

  it('goes with the notifications of studies that were read, and of no others', async () => {
    const read = await seedStudy(db.database, { readingStatus: 'reviewed' });
    const elsewhere = await seedStudy(db.database, { readingStatus: 'reported-elsewhere' });
    const unread = await seedStudy(db.database, { readingStatus: 'unread' });
    await notify(read, { state: 'sent', sentAt: start });
    await notify(elsewhere, { state: 'dismissed' });
    await notify(null, { state: 'sent', sentAt: start });
    await notify(read, { state: 'sent', sentAt: start, acknowledgedAt: dayAfter(100) });
    await notify(read, { state: 'waiting' });
    await notify(read, { state: 'dead' });
    await notify(unread, { state: 'sent', sentAt: start });
    expect(await forget(179)).toMatchObject({ notifications: 0 });
    expect(await forget(181)).toMatchObject({ notifications: 3 });
    expect(await forget(281)).toMatchObject({ notifications: 1 });
    const left = await db.database.selectFrom('notification').select(['state']).execute();
    expect(left.map(({ state }) => state).toSorted()).toEqual(['dead', 'sent', 'waiting']);
  });

  it('never loses the newest result of a study, nor one whose objects stand or are kept', async () => {
    const study = await seedStudy(db.database);
    const old = await makeSet(study, 1, start);
    await makeSet(study, 2);
    await makeSet(study, 3, start);
    await makeSet(study, 4, start);
    const plain = { studyKey: study.studyKey, runKey: null, reviewId: null };
    await db.database
      .insertInto('resultSet')
      .values([
        { ...plain, number: 5, state: 'cancelled' },
        { ...plain, number: 6, state: 'failed' },
        { ...plain, number: 7, state: 'cancelled' },
      ])
      .execute();
    await db.database
      .insertInto('instance')
      .values({
        ...{ studyKey: study.studyKey, sopInstanceUid: old.sopInstanceUid, sopClassUid: '1.2' },
        ...{ seriesInstanceUid: '1.3', transferSyntaxUid: '1.2.840.10008.1.2.1' },
        ...{ kind: 'object', standing: 'current', blobPath: 'x', sha256: 'x', callingAe: 'X' },
        ...{ fileBytes: 1, dataSetOffset: 1, modality: 'SR', seriesNumber: 1 },
        ...{ seriesDescription: null, instanceNumber: 1, rows: null, columns: null },
        ...{ numberOfFrames: null, bitsAllocated: null },
      })
      .execute();
    expect(await forget(179)).toMatchObject({ resultSets: 0 });
    expect(await forget(181)).toMatchObject({ resultSets: 2 });
    // 1 is still kept as an object, 2 stands, 4 is the newest that was made, 6 failed, 7 is the newest.
    expect(await setNumbers(study)).toEqual([1, 2, 4, 6, 7]);
    await db.database.deleteFrom('instance').execute();
    expect(await forget(182)).toMatchObject({ resultSets: 1 });
    expect(await setNumbers(study)).toEqual([2, 4, 6, 7]);
  });

  it('is forgotten at a site that never removes images', async () => {
    await deliver({ state: 'sent' });
    const retention = startRetention({
      ...{ database: db.database, blobStore: { removeBlob: async () => undefined } },
      ...{ retention: loadConfig({ environment: {} }).retention, actor: 'retention' },
      readSpace: () => Promise.reject(new Error('no image is looked at')),
      ...{ logger: silent, now: () => dayAfter(181) },
    });
    await waitFor(
      async () => (await db.database.selectFrom('delivery').selectAll().execute()).length === 0,
      { what: 'the delivery to be forgotten' },
    );
    await retention.close();
  });
});
