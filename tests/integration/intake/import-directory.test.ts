import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ImportOptions, importDirectory } from '#intake/import/import-directory.ts';
import type { ImportCounts, ImportFailure } from '#intake/import/import-tally.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

let intake: TestIntake;
let folder: ReturnType<typeof temporaryDirectory>;
let seed = 0;

beforeAll(async () => {
  intake = await startTestIntake();
});
afterAll(async () => intake.stop());
beforeEach(() => {
  seed += 1;
  folder = temporaryDirectory();
});
afterEach(() => folder.remove());

const at = (...names: string[]) => join(folder.path, ...names);
const image = (instanceNumber: number) =>
  minimalImage({ modality: 'CT', seed: `import-${seed}`, instanceNumber });

function put(bytes: Buffer | string, ...names: string[]): void {
  mkdirSync(at(...names, '..'), { recursive: true });
  writeFileSync(at(...names), bytes);
}

async function run(options: Partial<ImportOptions> = {}) {
  const failures: ImportFailure[] = [];
  const report = await importDirectory({
    directory: folder.path,
    receiver: intake.receiver,
    database: intake.db.database,
    onFailure: (failure) => failures.push(failure),
    ...options,
  });
  const coded = failures.map(({ file, code }) => [file.slice(folder.path.length + 1), code]);
  return { report, failures: coded.sort() };
}

/** A receiver that notes which SOP instances it is given, and calls back before each. */
function watched(before: (nth: number) => void = () => undefined) {
  const taken: string[] = [];
  const receiver: InstanceReceiver = {
    open: (instance) => {
      taken.push(instance.sopInstanceUid);
      before(taken.length);
      return intake.receiver.open(instance);
    },
  };
  return { taken, receiver };
}

async function keptInstances(): Promise<string[]> {
  const rows = await intake.db.database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select('instance.sopInstanceUid')
    .where('study.studyInstanceUid', '=', image(1).studyInstanceUid)
    .execute();
  return rows.map((row) => row.sopInstanceUid).sort();
}

describe('importing a folder', () => {
  it('takes in every image of all subfolders, names each bad file with its code, and goes on', async () => {
    const good = [1, 2, 3].map(image);
    good.forEach(({ bytes }, index) => {
      put(bytes, 'deep', index === 0 ? 'er/a.dcm' : `${index}.dcm`);
    });
    put(good[0]?.bytes ?? '', 'again.dcm');
    put(image(4).bytes.subarray(0, -50), 'cut.dcm');
    put(image(5).bytes.subarray(132 + 12), 'bare-with-meta');
    put(image(5).bytes.subarray(image(5).bytes.indexOf(Buffer.from([8, 0, 5, 0]))), 'bare.dcm');
    const seen: ImportCounts[] = [];
    const { report, failures } = await run({ onProgress: (counts) => seen.push(counts) });
    expect(report).toMatchObject({
      files: 7,
      done: 7,
      imported: 4,
      outcomes: { stored: 3, duplicate: 1 },
      failed: 3,
      failedByCode: { DICOM_TRUNCATED: 1, DICOM_NOT_PART10: 2 },
      stopped: false,
    });
    expect(failures).toEqual([
      ['bare-with-meta', 'DICOM_NOT_PART10'],
      ['bare.dcm', 'DICOM_NOT_PART10'],
      ['cut.dcm', 'DICOM_TRUNCATED'],
    ]);
    expect(seen.at(-1)?.done).toBe(7);
    expect(report.bytes).toBeGreaterThan(good.length * 400);
    expect(await keptInstances()).toEqual(good.map((each) => each.sopInstanceUid).sort());
  });

  it('tells what is not DICOM and what is a table of contents from failures, unless it is strict', async () => {
    put(image(1).bytes, 'image.dcm');
    put('not DICOM', 'notes.txt');
    put('', 'empty.dcm');
    const dicomdir = Buffer.from(image(2).bytes);
    // Media Storage Directory Storage in place of the CT class; padded as a UID is.
    const place = dicomdir.indexOf('1.2.840.10008.5.1.4.1.1.2');
    dicomdir.write('1.2.840.10008.1.3.10'.padEnd(26, '\0'), place, 'latin1');
    put(dicomdir, 'DICOMDIR');
    const lenient = await run();
    expect(lenient.report).toMatchObject({
      imported: 1,
      failed: 0,
      skipped: { notDicom: 2, dicomdir: 1, linkOrSpecial: 0 },
    });
    const strict = await run({ strict: true });
    expect(strict.report).toMatchObject({ doneBefore: 1, imported: 0, failed: 3 });
    expect(strict.failures).toEqual([
      ['DICOMDIR', 'DICOM_UNSUPPORTED'],
      ['empty.dcm', 'DICOM_NOT_PART10'],
      ['notes.txt', 'DICOM_NOT_PART10'],
    ]);
  });

  it('follows no link: not out of the folder, and not in a circle', async () => {
    const outside = temporaryDirectory();
    writeFileSync(join(outside.path, 'secret.dcm'), image(1).bytes);
    put(image(2).bytes, 'inside', 'image.dcm');
    symlinkSync(join(outside.path, 'secret.dcm'), at('link.dcm'));
    symlinkSync(outside.path, at('folder'));
    symlinkSync(folder.path, at('inside', 'round'));
    const { report } = await run();
    expect(report).toMatchObject({ files: 1, imported: 1, skipped: { linkOrSpecial: 3 } });
    expect(await keptInstances()).toEqual([image(2).sopInstanceUid]);
    // The folder itself may be given by a link.
    const link = join(outside.path, 'way-in');
    symlinkSync(folder.path, link);
    expect((await run({ directory: link })).report).toMatchObject({ doneBefore: 1, imported: 0 });
    outside.remove();
  });

  it('goes on past a file that cannot be read', async () => {
    for (const number of [1, 2, 3]) put(image(number).bytes, `${number}.dcm`);
    // It was seen in the folder, and is gone when its turn comes.
    const { receiver } = watched((nth) => {
      if (nth === 1) for (const number of [1, 2]) rmSync(at(`${number}.dcm`), { force: true });
    });
    const { report, failures } = await run({ receiver, concurrency: 1 });
    expect(report.imported + report.failed).toBe(3);
    expect(report.failed).toBeGreaterThan(0);
    expect(new Set(failures.map(([, code]) => code))).toEqual(new Set(['NOT_FOUND']));
  });

  it('does not read through a link that takes the place of a file', async () => {
    const outside = temporaryDirectory();
    writeFileSync(join(outside.path, 'secret.dcm'), image(9).bytes);
    for (const number of [1, 2]) put(image(number).bytes, `${number}.dcm`);
    const { receiver, taken } = watched((nth) => {
      const other = taken.includes(image(1).sopInstanceUid) ? '2.dcm' : '1.dcm';
      if (nth !== 1) return;
      rmSync(at(other));
      symlinkSync(join(outside.path, 'secret.dcm'), at(other));
    });
    const { report } = await run({ receiver, concurrency: 1 });
    expect(report).toMatchObject({ imported: 1, failed: 1, failedByCode: { NOT_FOUND: 1 } });
    expect(taken).toHaveLength(1);
    outside.remove();
  });

  it.skipIf(process.getuid?.() === 0)('goes on past a folder it may not enter', async () => {
    put(image(1).bytes, 'closed', 'a.dcm');
    put(image(2).bytes, 'open', 'b.dcm');
    chmodSync(at('closed'), 0o000);
    const { report, failures } = await run();
    chmodSync(at('closed'), 0o755);
    expect(report).toMatchObject({ imported: 1, failed: 1 });
    expect(failures).toEqual([['closed', 'NOT_FOUND']]);
  });

  it('takes a single file, and says when the path is not there', async () => {
    put(image(1).bytes, 'one.dcm');
    const { report } = await run({ directory: at('one.dcm') });
    expect(report).toMatchObject({ files: 1, done: 1, imported: 1 });
    await expect(run({ directory: at('none') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('importing a folder again', () => {
  it('reads nothing again that is done, and takes what is new or has changed', async () => {
    for (const number of [1, 2, 3]) put(image(number).bytes, 'series', `${number}.dcm`);
    await run();
    const nothing = watched();
    const second = await run({ receiver: nothing.receiver });
    expect(second.report).toMatchObject({ done: 3, doneBefore: 3, imported: 0, bytes: 0 });
    expect(nothing.taken).toEqual([]);

    put(image(4).bytes, 'series', 'new.dcm');
    put(image(5).bytes, 'series', '1.dcm');
    utimesSync(at('series', '2.dcm'), new Date(), new Date(Date.now() + 60_000));
    const changed = watched();
    const third = await run({ receiver: changed.receiver });
    expect(third.report).toMatchObject({ doneBefore: 1, outcomes: { stored: 2, duplicate: 1 } });
    expect(changed.taken.sort()).toEqual([2, 4, 5].map((n) => image(n).sopInstanceUid).sort());
  });

  it('takes everything again when it is told to, and when what it took is no longer kept', async () => {
    for (const number of [1, 2]) put(image(number).bytes, `${number}.dcm`);
    await run();
    const restarted = await run({ restart: true });
    expect(restarted.report).toMatchObject({ doneBefore: 0, outcomes: { duplicate: 2 } });
    await intake.db.database
      .deleteFrom('instance')
      .where('sopInstanceUid', '=', image(1).sopInstanceUid)
      .execute();
    expect((await run()).report).toMatchObject({ doneBefore: 1, outcomes: { stored: 1 } });
  });

  it('does not take a file for done that was written to while it was read', async () => {
    put(image(1).bytes, 'a.dcm');
    const [found, later] = [new Date('2026-01-12'), new Date('2026-01-13')];
    utimesSync(at('a.dcm'), found, found);
    const { receiver } = watched(() => utimesSync(at('a.dcm'), later, later));
    expect((await run({ receiver })).report).toMatchObject({ imported: 1 });
    // A record of it as it was found would match now.
    utimesSync(at('a.dcm'), found, found);
    expect((await run()).report).toMatchObject({ doneBefore: 0, outcomes: { duplicate: 1 } });
  });

  it('tries again what failed', async () => {
    put(image(1).bytes.subarray(0, -50), 'a.dcm');
    expect((await run()).report).toMatchObject({ failed: 1 });
    expect((await run()).report).toMatchObject({ failed: 1, doneBefore: 0 });
    put(image(1).bytes, 'b.dcm');
    renameSync(at('b.dcm'), at('a.dcm'));
    expect((await run()).report).toMatchObject({ failed: 0, imported: 1 });
  });

  it('stops after what is under way when it is told to, and goes on from there', async () => {
    for (let number = 1; number <= 40; number += 1) put(image(number).bytes, `${number}.dcm`);
    const stop = new AbortController();
    const first = watched((nth) => {
      if (nth === 10) stop.abort();
    });
    const { report } = await run({ receiver: first.receiver, signal: stop.signal, concurrency: 2 });
    expect(report.stopped).toBe(true);
    expect(report.imported).toBe(first.taken.length);
    expect(report.imported).toBeLessThan(13);
    const rest = watched();
    const second = await run({ receiver: rest.receiver });
    expect(second.report).toMatchObject({ stopped: false, doneBefore: report.imported, done: 40 });
    const all = [...first.taken, ...rest.taken];
    expect(all).toHaveLength(40);
    expect(new Set(all).size).toBe(40);
    expect(await keptInstances()).toHaveLength(40);
  });

  it('records nothing of what never reached the index', async () => {
    put(image(1).bytes, 'a.dcm');
    const receiver: InstanceReceiver = {
      open: () => ({
        write: () => undefined,
        finish: async () => ({ indexed: Promise.reject(new Error('no index')) }),
        abort: async () => undefined,
      }),
    };
    expect((await run({ receiver })).report).toMatchObject({ imported: 0, failed: 1 });
    expect((await run()).report).toMatchObject({ doneBefore: 0, outcomes: { stored: 1 } });
  });
});
