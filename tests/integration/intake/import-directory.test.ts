import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImportCounts, importDirectory } from '#intake/import-directory.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

let intake: TestIntake;
const folder = temporaryDirectory();

beforeAll(async () => {
  intake = await startTestIntake();
});
afterAll(async () => {
  await intake.stop();
  folder.remove();
});

describe('importing a folder', () => {
  it('takes in every image of all subfolders, names each bad file with its code, and goes on', async () => {
    const good = [1, 2, 3].map((instanceNumber) =>
      minimalImage({ modality: 'CT', seed: 'import', instanceNumber }),
    );
    mkdirSync(join(folder.path, 'deep', 'er'), { recursive: true });
    good.forEach(({ bytes }, index) => {
      writeFileSync(join(folder.path, 'deep', index === 0 ? 'er/a.dcm' : `${index}.dcm`), bytes);
    });
    const [first] = good;
    if (first === undefined) throw new Error('no image');
    writeFileSync(join(folder.path, 'again.dcm'), first.bytes);
    writeFileSync(join(folder.path, 'notes.txt'), 'not DICOM');
    const whole = minimalImage({ modality: 'CT', seed: 'cut' }).bytes;
    writeFileSync(join(folder.path, 'cut.dcm'), whole.subarray(0, -50));
    writeFileSync(join(folder.path, 'empty.dcm'), '');

    const seen: ImportCounts[] = [];
    const report = await importDirectory({
      directory: folder.path,
      receiver: intake.receiver,
      onProgress: (counts) => seen.push(counts),
    });
    expect(report).toMatchObject({
      files: 7,
      done: 7,
      stored: 3,
      duplicate: 1,
      conflict: 0,
      failed: 3,
    });
    expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const codes = report.errors.map(({ file, code }) => [file.slice(folder.path.length + 1), code]);
    expect(codes.sort()).toEqual([
      ['cut.dcm', 'DICOM_TRUNCATED'],
      ['empty.dcm', 'DICOM_NOT_PART10'],
      ['notes.txt', 'DICOM_NOT_PART10'],
    ]);
    const again = await importDirectory({
      directory: join(folder.path, 'deep'),
      receiver: intake.receiver,
    });
    expect(again).toMatchObject({ files: 3, duplicate: 3, failed: 0 });
  });

  it('says when the folder is not there', async () => {
    const missing = importDirectory({
      directory: join(folder.path, 'none'),
      receiver: intake.receiver,
    });
    await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
