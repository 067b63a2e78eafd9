import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordCompletionSignal } from '#intake/completion-signals.ts';
import { CHANGE_CHANNEL } from '#platform/database/changes.ts';
import { listenToChannel } from '#platform/database/connect.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await startTestDatabase();
});
afterAll(async () => db.stop());

const signalsOf = async (studyInstanceUid: string) =>
  db.database
    .selectFrom('completionSignal')
    .selectAll()
    .where('studyInstanceUid', '=', studyInstanceUid)
    .orderBy('signalKey')
    .execute();

it('keeps a signal with what it names, has its study looked at, and tells listeners', async () => {
  const far = new Date(Date.now() + 3_600_000);
  const study = await seedStudy(db.database, { status: 'receiving', imageCount: 3, lookAt: far });
  const heard: string[] = [];
  let connected = false;
  const listener = listenToChannel(db.url, CHANGE_CHANNEL, {
    onMessage: (uid) => heard.push(uid),
    onConnect: () => {
      connected = true;
    },
  });
  await waitFor(() => connected, { what: 'the listener' });
  await recordCompletionSignal(db.database, {
    studyInstanceUid: study.studyInstanceUid,
    kind: 'mpps-completed',
    source: 'CT1',
    expectedInstances: ['1.2.3', '1.2.4', '1.2.3'],
  });
  await waitFor(() => heard.includes(study.studyInstanceUid), { what: 'the notification' });
  await listener.close();
  expect(await signalsOf(study.studyInstanceUid)).toMatchObject([
    {
      kind: 'mpps-completed',
      source: 'CT1',
      expectedInstances: ['1.2.3', '1.2.4'],
      imageCount: 3,
    },
  ]);
  const { lookAt } = await db.database
    .selectFrom('study')
    .select('lookAt')
    .where('studyKey', '=', study.studyKey)
    .executeTakeFirstOrThrow();
  expect(lookAt.getTime()).toBeLessThanOrEqual(Date.now());
});

it('keeps a signal for a study that has not come', async () => {
  await recordCompletionSignal(db.database, {
    studyInstanceUid: '1.2.3.4',
    kind: 'association-released',
    source: 'PACS',
  });
  expect(await signalsOf('1.2.3.4')).toMatchObject([{ expectedInstances: null, imageCount: 0 }]);
});

it.each([
  { studyInstanceUid: '../etc', expectedInstances: [] },
  { studyInstanceUid: '1.2.3', expectedInstances: ['1.2', ''] },
])('refuses what is no UID', async (uids) => {
  const signal = { kind: 'instance-availability', source: 'PACS', ...uids } as const;
  await expect(recordCompletionSignal(db.database, signal)).rejects.toMatchObject({
    code: 'DICOM_UID_INVALID',
  });
  expect(await signalsOf(uids.studyInstanceUid)).toEqual([]);
});
