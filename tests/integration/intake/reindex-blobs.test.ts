import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reindexBlobs } from '#intake/reindex-blobs.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { receiveFile, silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';

let intake: TestIntake;
beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
});
afterAll(async () => intake.stop());

const reindex = () =>
  reindexBlobs({
    database: intake.db.database,
    blobStore: intake.blobStore,
    rules: { config: intake.config, rule: loadPriorityRule() },
    logger: silent,
  });

const COLUMNS = [
  'sopInstanceUid',
  'sopClassUid',
  'transferSyntaxUid',
  'blobPath',
  'sha256',
  'fileBytes',
  'dataSetOffset',
  'kind',
  'standing',
  'callingAe',
  'rows',
] as const;

describe('the index', () => {
  it('is rebuilt from the files alone, equal to what it was', async () => {
    const { database } = intake.db;
    for (const instanceNumber of [1, 2, 3]) {
      const image = minimalImage({ modality: 'CT', seed: 'index', instanceNumber });
      await receiveFile(intake.receiver, image.bytes, { callingAe: 'SCANNER' });
    }
    expect(await reindex()).toEqual({
      files: 3,
      indexed: 0,
      duplicates: 0,
      unreadable: 0,
      refused: 0,
    });
    const rows = () =>
      database.selectFrom('instance').select(COLUMNS).orderBy('blobPath').execute();
    const study = () =>
      database
        .selectFrom('study')
        .select(['studyInstanceUid', 'patientId', 'imageCount'])
        .execute();
    const [rowsBefore, studyBefore] = [await rows(), await study()];
    await database.deleteFrom('instance').execute();
    await database.deleteFrom('study').execute();
    expect(await reindex()).toEqual({
      files: 3,
      indexed: 3,
      duplicates: 0,
      unreadable: 0,
      refused: 0,
    });
    expect(await rows()).toEqual(rowsBefore);
    expect(await study()).toEqual(studyBefore);
  });

  it('takes up a file whose row was never written, drops a second copy, and leaves what is no DICOM', async () => {
    const { database } = intake.db;
    const image = minimalImage({ modality: 'CR', seed: 'orphan' });
    const { instanceKey } = await receiveFile(intake.receiver, image.bytes);
    const row = await database
      .selectFrom('instance')
      .selectAll()
      .where('instanceKey', '=', instanceKey)
      .executeTakeFirstOrThrow();
    const file = intake.blobStore.locate(row.blobPath);
    const content = await intake.blobStore.readBlob(row.blobPath);
    writeFileSync(join(dirname(file), '0copy.dcm'), content);
    writeFileSync(join(dirname(file), '0broken.dcm'), 'no DICOM');
    const report = await reindex();
    expect(report).toMatchObject({ indexed: 0, duplicates: 1, unreadable: 1 });
    expect(await reindex()).toMatchObject({ duplicates: 0, unreadable: 1 });
    expect((await intake.blobStore.readBlob(row.blobPath)).equals(content)).toBe(true);
  });
});
