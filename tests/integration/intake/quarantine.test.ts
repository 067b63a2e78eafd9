import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideQuarantine } from '#intake/corrections/decide-quarantine.ts';
import { listQuarantine } from '#intake/corrections/list-quarantine.ts';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { rejectionNote } from '#test-data/minimal-objects.ts';
import { booksOf, OTHER_PIXELS, versionOf } from '#tests/support/corrections.ts';
import { receiveFile, startTestIntake, type TestIntake } from '#tests/support/intake.ts';

let intake: TestIntake;
let books: ReturnType<typeof booksOf>;

beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
  books = booksOf(intake);
});
afterAll(async () => intake.stop());

const send = async (file: { bytes: Buffer }) =>
  (await receiveFile(intake.receiver, file.bytes)).outcome;

const standingsOf = async (image: { sopInstanceUid: string }) =>
  (await books.instancesOf(image.sopInstanceUid)).map((row) => row.standing);

const decide = (quarantineId: string, decision: 'adopt' | 'dismiss' | 'undo') =>
  decideQuarantine(
    {
      database: intake.db.database,
      blobs: intake.blobStore,
      rules: { config: intake.config, rule: loadPriorityRule() },
    },
    { quarantineId, decision, actor: 'admin', reason: 'because' },
  );

/** An analysed study of one image, and another picture of it in quarantine. */
async function held(seed: string, attributes = {}) {
  const image = versionOf(seed);
  await send(image);
  await books.complete(image.studyInstanceUid);
  const before = await books.analyse(image.studyInstanceUid);
  await send(versionOf(seed, { ...OTHER_PIXELS, ...attributes }));
  const [entry] = await books.quarantineOf(image.sopInstanceUid);
  return { image, before, quarantineId: entry?.quarantineId ?? '' };
}

describe('what waits in quarantine', () => {
  it('is listed with both contents, from whom, and what differs', async () => {
    const { quarantineId, image } = await held('listed', { BodyPartExamined: 'HAND' });
    const filter = { states: ['waiting'], limit: 100, quarantineId } as const;
    const [entry] = await listQuarantine(intake.db.database, filter);
    const [kept, arrived] = await books.instancesOf(image.sopInstanceUid);
    expect(entry).toMatchObject({
      reason: 'pixels-changed',
      differences: ['PixelData', 'BodyPartExamined'],
      state: 'waiting',
      note: null,
      kept: { instanceKey: kept?.instanceKey, callingAe: 'SENDER' },
      arrived: { instanceKey: arrived?.instanceKey, callingAe: 'SENDER' },
    });
  });

  it('is adopted: current from then on, analysed anew, nothing old shown', async () => {
    const { image, before, quarantineId } = await held('adopted', { PatientName: 'Newer^Name' });
    expect(await decide(quarantineId, 'adopt')).toBe('adopted');
    expect(await standingsOf(image)).toEqual(['superseded', 'current']);
    expect(await books.shownResults(image.studyInstanceUid)).toEqual([]);
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      status: 'receiving',
      imageRevision: null,
      readingStatus: 'unread',
      patientName: 'Newer^Name',
      imageCount: 1,
      priority: 'HIGH',
    });
    const after = await books.complete(image.studyInstanceUid);
    expect(after.imageRevision).not.toBe(before.imageRevision);
    expect(await books.runsOf(image.studyInstanceUid)).toMatchObject([
      { state: 'analysed' },
      { state: 'queued' },
    ]);
    const [entry] = await books.quarantineOf(image.sopInstanceUid);
    expect(entry).toMatchObject({
      state: 'adopted',
      decidedBy: 'admin',
      decisionReason: 'because',
    });
  });

  it('can be taken back after it was adopted', async () => {
    const { image, before, quarantineId } = await held('taken back', { PatientName: 'Newer^Name' });
    await decide(quarantineId, 'adopt');
    await books.complete(image.studyInstanceUid);
    expect(await decide(quarantineId, 'undo')).toBe('waiting');
    expect(await standingsOf(image)).toEqual(['current', 'conflict']);
    const after = await books.complete(image.studyInstanceUid);
    expect(after).toMatchObject({ patientName: before.patientName, imageCount: 1 });
    expect(after.imageRevision).toBe(before.imageRevision);
    expect(await books.runsOf(image.studyInstanceUid)).toHaveLength(3);
    expect(await books.auditOf(image.studyInstanceUid)).toEqual([
      'instance.conflict',
      'quarantine.adopted',
      'quarantine.undone',
    ]);
  });

  it('is dismissed: kept, marked, and can be taken up again', async () => {
    const { image, before, quarantineId } = await held('dismissed');
    expect(await decide(quarantineId, 'dismiss')).toBe('dismissed');
    expect(await standingsOf(image)).toEqual(['current', 'dismissed']);
    expect(await books.studyOf(image.studyInstanceUid)).toEqual(before);
    for (const row of await books.instancesOf(image.sopInstanceUid)) {
      await intake.blobStore.sizeOf(row.blobPath);
    }
    // Sent again, it is known, and stays dismissed.
    expect(await send(versionOf('dismissed', OTHER_PIXELS))).toBe('duplicate');
    expect(await decide(quarantineId, 'undo')).toBe('waiting');
    expect(await decide(quarantineId, 'adopt')).toBe('adopted');
    expect(await standingsOf(image)).toEqual(['superseded', 'current']);
  });

  it('moves to the study that it names when it is adopted, and back', async () => {
    const target = '1.2.826.0.1.3680043.10.99.50';
    const attributes = { StudyInstanceUID: target, PatientID: 'TARGET' };
    const { image, quarantineId } = await held('moved', attributes);
    await decide(quarantineId, 'adopt');
    expect(await books.studyOf(target)).toMatchObject({ imageCount: 1, patientId: 'TARGET' });
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 0,
      status: 'not-analysed',
      statusReason: `moved to study ${target}`,
    });
    await decide(quarantineId, 'undo');
    expect(await books.studyOf(target)).toMatchObject({ imageCount: 0 });
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({ imageCount: 1 });
  });

  it('is not taken back over what came since, nor adopted against a rejection note', async () => {
    const overtaken = await held('overtaken');
    await decide(overtaken.quarantineId, 'adopt');
    await send(versionOf('overtaken', { ...OTHER_PIXELS, PatientName: 'Since^Then' }));
    const illegal = { code: 'ILLEGAL_TRANSITION' };
    await expect(decide(overtaken.quarantineId, 'undo')).rejects.toMatchObject(illegal);
    const rejected = await held('rejected');
    await send(rejectionNote({ title: '113037', seed: 'rejected', of: [rejected.image] }));
    await expect(decide(rejected.quarantineId, 'adopt')).rejects.toMatchObject(illegal);
    expect(await standingsOf(rejected.image)).toEqual(['withdrawn', 'conflict']);
  });

  it('is decided once when two decide at once', async () => {
    const { image, quarantineId } = await held('twice');
    const words = await Promise.allSettled([
      decide(quarantineId, 'adopt'),
      decide(quarantineId, 'dismiss'),
      decide(quarantineId, 'adopt'),
    ]);
    expect(words.filter((word) => word.status === 'fulfilled')).toHaveLength(1);
    expect((await standingsOf(image)).filter((each) => each === 'current')).toHaveLength(1);
    await expect(decide('999999', 'adopt')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await verifyAuditLog(intake.db.database)).toMatchObject({ intact: true });
  });
});
