import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import { indexFiles } from '#intake/reindex-blobs.ts';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { booksOf, OTHER_PIXELS, versionOf } from '#tests/support/corrections.ts';
import { DicomTools } from '#tests/support/dicom-tools.ts';
import {
  receiveFile,
  silent,
  startTestIntake,
  type TestIntake,
  unpack,
} from '#tests/support/intake.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

let intake: TestIntake;
let books: ReturnType<typeof booksOf>;

beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
  books = booksOf(intake);
});
afterAll(async () => intake.stop());

const send = async (file: { bytes: Buffer }, callingAe = 'SENDER') =>
  (await receiveFile(intake.receiver, file.bytes, { callingAe })).outcome;

describe('a corrected header', () => {
  it('is shown at once, keeps the version before, and leaves the results where they are', async () => {
    const image = versionOf('identity');
    await send(image);
    await books.complete(image.studyInstanceUid);
    const before = await books.analyse(image.studyInstanceUid);
    const corrected = versionOf('identity', {
      PatientName: 'Right^Name',
      PatientID: 'RIGHT-1',
      IssuerOfPatientID: 'HOSPITAL',
      AccessionNumber: 'A-77',
    });
    expect(await send(corrected)).toBe('stored');
    const rows = await books.instancesOf(image.sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual(['superseded', 'current']);
    for (const row of rows) await intake.blobStore.sizeOf(row.blobPath);
    const after = await books.studyOf(image.studyInstanceUid);
    expect(after).toMatchObject({
      patientName: 'Right^Name',
      patientId: 'RIGHT-1',
      accessionNumber: 'A-77',
      patientKey: '["issuer","HOSPITAL","RIGHT-1"]',
      version: before.version + 1,
      imageCount: 1,
      status: 'analysed',
      readingStatus: 'reviewed',
      flagged: true,
      imageRevision: before.imageRevision,
    });
    expect(await books.shownResults(image.studyInstanceUid)).toHaveLength(2);
    expect(await books.auditOf(image.studyInstanceUid)).toEqual(['instance.corrected']);
    // A retry, or a rebuilt revision, counts it as what it counted as before.
    const added = versionOf('identity', {}, 2);
    await send(added);
    const again = await books.complete(image.studyInstanceUid);
    expect(again.imageRevision).not.toBe(before.imageRevision);
    expect(await send(image)).toBe('duplicate');
    expect((await books.instancesOf(image.sopInstanceUid))[0]?.standing).toBe('superseded');
    expect(await verifyAuditLog(intake.db.database)).toMatchObject({ intact: true });
  });

  it.each([
    ['laterality', { ImageLaterality: 'L' }],
    ['body part', { BodyPartExamined: 'HAND' }],
    ['spacing', { ImagerPixelSpacing: [0.2, 0.2] }],
    ['birth date, by which the age is told', { PatientBirthDate: '20150101' }],
  ])(
    'of another %s is analysed anew: no result hangs on what it says no longer',
    async (what, attributes) => {
      const image = versionOf(what, { ImageLaterality: 'R' });
      await send(image);
      await books.complete(image.studyInstanceUid);
      const before = await books.analyse(image.studyInstanceUid);
      expect(await send(versionOf(what, { ImageLaterality: 'R', ...attributes }))).toBe('stored');
      expect(await books.shownResults(image.studyInstanceUid)).toEqual([]);
      expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
        status: 'receiving',
        readingStatus: 'unread',
        imageRevision: null,
        flagged: false,
        score: null,
        // The place in the list stays until the new analysis has spoken.
        priority: 'HIGH',
        imageCount: 1,
      });
      const after = await books.complete(image.studyInstanceUid);
      expect(after.imageRevision).not.toBe(before.imageRevision);
      expect(await books.runsOf(image.studyInstanceUid)).toMatchObject([
        { number: 1, state: 'analysed' },
        { number: 2, state: 'queued' },
      ]);
    },
  );

  it('leaves attributes of the study alone that this image does not change', async () => {
    const first = versionOf('partial', { StudyDescription: 'First', AccessionNumber: 'A1' });
    const second = versionOf('partial', { StudyDescription: 'Second', AccessionNumber: 'A1' }, 2);
    await send(first);
    await send(second);
    const patch = { StudyDescription: 'Second', AccessionNumber: 'A2' };
    await send(versionOf('partial', patch, 2));
    expect(await books.studyOf(first.studyInstanceUid)).toMatchObject({
      studyDescription: 'First',
      accessionNumber: 'A2',
    });
  });

  it('that makes the order urgent raises the study at once', async () => {
    const image = versionOf('urgent');
    await send(image);
    await send(versionOf('urgent', { RequestedProcedurePriority: 'STAT' }));
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      basePriority: 'STAT',
      priority: 'STAT',
    });
  });

  it('follows version on version', async () => {
    const names = ['One', 'Two', 'Three', 'Four'];
    for (const PatientName of names) await send(versionOf('chain', { PatientName }));
    const { sopInstanceUid, studyInstanceUid } = versionOf('chain');
    const rows = await books.instancesOf(sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual([
      ...['superseded', 'superseded', 'superseded', 'current'],
    ]);
    // All of them count as the first: one revision.
    const counted = rows.map((row) => row.revisionSha256 ?? row.sha256);
    expect(new Set(counted).size).toBe(1);
    expect(await books.studyOf(studyInstanceUid)).toMatchObject({ patientName: 'Four' });
  });

  it('of an object without pixels is a version; another content is held back', async () => {
    const image = versionOf('sr');
    await send(image);
    const report = minimalObject({ kind: 'SR', seed: 'sr', of: image });
    const renamed = minimalObject({ kind: 'SR', seed: 'sr', of: image });
    const bytes = Buffer.from(renamed.bytes);
    bytes.write('Maximal^Test', bytes.indexOf('Minimal^Test'), 'latin1');
    await send(report);
    expect(await send({ bytes })).toBe('stored');
    const other = Buffer.from(report.bytes);
    other.write('126001', other.indexOf('126000'), 'latin1');
    expect(await send({ bytes: other })).toBe('conflict');
    const rows = await books.instancesOf(report.sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual(['superseded', 'current', 'conflict']);
    expect(await books.quarantineOf(report.sopInstanceUid)).toMatchObject([
      { reason: 'content-changed', state: 'waiting' },
    ]);
  });
});

describe('changed pixels under a known UID', () => {
  it.each([
    ['of the same size', OTHER_PIXELS, 'pixels-changed'],
    ['of another size', { Rows: 8, PixelData: Buffer.alloc(128) }, 'pixels-changed'],
    ['read in another way', { PhotometricInterpretation: 'MONOCHROME1' }, 'pixels-changed'],
    ['that are none', { PixelData: undefined }, 'pixels-changed'],
    ['claimed by what we made', { ManufacturerModelName: 'RadTriage' }, 'content-changed'],
  ])('%s are kept beside it and wait', async (what, attributes, reason) => {
    const image = versionOf(what);
    await send(image);
    await books.complete(image.studyInstanceUid);
    const before = await books.analyse(image.studyInstanceUid);
    expect(await send(versionOf(what, attributes), 'THIEF')).toBe('conflict');
    const rows = await books.instancesOf(image.sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual(['current', 'conflict']);
    for (const row of rows) await intake.blobStore.sizeOf(row.blobPath);
    expect(await books.quarantineOf(image.sopInstanceUid)).toMatchObject([
      { kind: 'instance', reason, state: 'waiting', instanceKey: rows[1]?.instanceKey },
    ]);
    expect(await books.studyOf(image.studyInstanceUid)).toEqual(before);
    expect(await books.shownResults(image.studyInstanceUid)).toHaveLength(2);
  });

  it('are told apart though the kept file is gone', async () => {
    const image = versionOf('gone');
    await send(image);
    const [row] = await books.instancesOf(image.sopInstanceUid);
    await intake.blobStore.removeBlob(row?.blobPath ?? '');
    expect(await send(versionOf('gone', { PatientName: 'X' }))).toBe('conflict');
    expect(await books.quarantineOf(image.sopInstanceUid)).toMatchObject([
      { reason: 'pixels-not-compared' },
    ]);
  });
});

describe('an index that is rebuilt', () => {
  it('tells the newest version and the first picture, in whichever order it meets the files', async () => {
    const first = versionOf('rebuilt');
    const newer = versionOf('rebuilt', { PatientName: 'Newer^Name' });
    const other = versionOf('rebuilt', OTHER_PIXELS);
    for (const each of [first, newer, other]) await send(each);
    const rows = await books.instancesOf(first.sopInstanceUid);
    const standings = ['superseded', 'current', 'conflict'];
    expect(rows.map((row) => row.standing)).toEqual(standings);
    const rebuilt = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
    try {
      const rules = { config: rebuilt.config, rule: loadPriorityRule() };
      const { database } = rebuilt.db;
      const { blobStore } = intake;
      // The newest first: the index meets them the wrong way round.
      const files = rows.map((row) => ({ path: row.blobPath, changedAt: row.receivedAt }));
      const options = { database, blobStore, rules, logger: silent };
      await indexFiles(options, files.toReversed());
      const again = await booksOf(rebuilt).instancesOf(first.sopInstanceUid);
      const byPath = new Map(again.map((row) => [row.blobPath, row.standing]));
      expect(rows.map((row) => byPath.get(row.blobPath))).toEqual(standings);
      expect(await booksOf(rebuilt).quarantineOf(first.sopInstanceUid)).toHaveLength(1);
      expect(await booksOf(rebuilt).studyOf(first.studyInstanceUid)).toMatchObject({
        imageCount: 1,
        patientName: 'Newer^Name',
      });
    } finally {
      await rebuilt.stop();
    }
  });
});

describe.skipIf(missingPeer('dcmcjpls', 'dcmcjpeg', 'dcmcrle', 'dcmconv'))('another coding', () => {
  const tools = new DicomTools();
  const folder = temporaryDirectory();
  afterAll(() => {
    tools[Symbol.dispose]();
    folder.remove();
  });

  it.each([
    ['dcmcjpls', []],
    ['dcmcjpeg', ['--encode-lossless-sv1']],
    ['dcmcrle', []],
    ['dcmconv', ['--write-xfer-big']],
    ['dcmconv', ['--write-xfer-implicit']],
    ['dcmconv', ['--write-xfer-deflated']],
  ])('of the same picture by %s %s is a version', async (tool, flags) => {
    const seed = `coding ${tool} ${flags}`;
    const image = versionOf(seed);
    const path = join(folder.path, `${seed.replaceAll(/\W/g, '')}.dcm`);
    writeFileSync(path, image.bytes);
    await send(image);
    const output = tools.convert(tool, flags, path);
    const bytes = readFileSync(output ?? '');
    expect(unpack(bytes).instance.transferSyntaxUid).not.toBe('1.2.840.10008.1.2.1');
    expect(await send({ bytes })).toBe('stored');
    const rows = await books.instancesOf(image.sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual(['superseded', 'current']);
    // dcmcjpeg calls its picture derived (ImageType): that is analysed anew.
    const counted = tool === 'dcmcjpeg' ? null : rows[0]?.sha256;
    expect(rows[1]?.revisionSha256).toBe(counted);
  });

  it('of another picture is held back', async () => {
    const image = versionOf('coding other');
    const path = join(folder.path, 'other.dcm');
    writeFileSync(path, versionOf('coding other', OTHER_PIXELS).bytes);
    await send(image);
    const output = tools.convert('dcmcjpls', [], path);
    expect(await send({ bytes: readFileSync(output ?? '') })).toBe('conflict');
  });

  it('that cannot be decoded is held back', async () => {
    const image = versionOf('coding broken');
    const path = join(folder.path, 'broken.dcm');
    writeFileSync(path, image.bytes);
    await send(image);
    const output = tools.convert('dcmcjpls', [], path);
    const bytes = readFileSync(output ?? '');
    bytes.fill(0x55, bytes.length - 60, bytes.length - 12);
    expect(await send({ bytes })).toBe('conflict');
    const [entry] = await books.quarantineOf(image.sopInstanceUid);
    expect(entry?.state).toBe('waiting');
  });
});

describe('a known UID in another study', () => {
  it('moves with an unchanged picture: its old study says so and is analysed anew', async () => {
    const stays = versionOf('mover', {}, 1);
    const moves = versionOf('mover', {}, 2);
    await send(stays);
    await send(moves);
    await books.complete(stays.studyInstanceUid);
    const before = await books.analyse(stays.studyInstanceUid);
    const target = '1.2.826.0.1.3680043.10.99.21';
    const attributes = { StudyInstanceUID: target, PatientID: 'OTHER' };
    expect(await send(versionOf('mover', attributes, 2))).toBe('stored');
    const rows = await books.instancesOf(moves.sopInstanceUid);
    expect(rows).toMatchObject([
      { standing: 'superseded', standingReason: `moved to study ${target}` },
      { standing: 'current', revisionSha256: null },
    ]);
    expect(await books.studyOf(target)).toMatchObject({ imageCount: 1, patientId: 'OTHER' });
    expect(await books.studyOf(stays.studyInstanceUid)).toMatchObject({
      imageCount: 1,
      status: 'receiving',
      imageRevision: null,
      readingStatus: 'unread',
      patientId: before.patientId,
    });
    expect(await books.shownResults(stays.studyInstanceUid)).toEqual([
      `finding ${stays.sopInstanceUid}`,
      `heatmap ${stays.sopInstanceUid}`,
    ]);
    const after = await books.complete(stays.studyInstanceUid);
    expect(after.imageRevision).not.toBe(before.imageRevision);
    expect(await books.auditOf(stays.studyInstanceUid)).toEqual(['instance.moved']);
  });

  it('leaves an emptied study on the list, with the reason', async () => {
    const image = versionOf('emptied');
    await send(image);
    await books.complete(image.studyInstanceUid);
    await books.analyse(image.studyInstanceUid);
    const target = '1.2.826.0.1.3680043.10.99.22';
    await send(versionOf('emptied', { StudyInstanceUID: target }));
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 0,
      status: 'not-analysed',
      statusReason: `moved to study ${target}`,
      readingStatus: 'unread',
      priority: 'MEDIUM',
      flagged: false,
      thumbnailBlob: null,
    });
  });

  it('with another picture is held back; the study that it names says so', async () => {
    const image = versionOf('stolen');
    await send(image);
    const target = '1.2.826.0.1.3680043.10.99.23';
    const stolen = versionOf('stolen', { ...OTHER_PIXELS, StudyInstanceUID: target });
    expect(await send(stolen, 'THIEF')).toBe('conflict');
    expect(await books.studyOf(image.studyInstanceUid)).toMatchObject({ imageCount: 1 });
    expect(await books.complete(target)).toMatchObject({
      imageCount: 0,
      status: 'not-analysed',
      statusReason: 'its images wait in quarantine',
    });
  });
});

describe('races', () => {
  it('of two versions sent at once end with one current, and nothing lost', async () => {
    for (let round = 0; round < 5; round += 1) {
      const seed = `race ${round}`;
      const versions = ['A', 'B', 'C', 'D'].map((PatientName) => versionOf(seed, { PatientName }));
      const other = versionOf(seed, OTHER_PIXELS);
      await Promise.all([...versions, other].map((each) => send(each)));
      const rows = await books.instancesOf(other.sopInstanceUid);
      expect(rows).toHaveLength(5);
      expect(rows.filter((row) => row.standing === 'current')).toHaveLength(1);
      // Whoever came first, the odd one out and its like are kept apart.
      // One that was indexed first and received later was stored, and waits since the earlier one came.
      expect(rows.filter((row) => row.standing === 'conflict').length).toBeGreaterThan(0);
      const { imageCount } = await books.studyOf(other.studyInstanceUid);
      expect(imageCount).toBe(1);
    }
  });

  it('of moves there and back between two studies end with the image in one of them', async () => {
    const target = '1.2.826.0.1.3680043.10.99.24';
    const images = Array.from({ length: 6 }, (_, number) => versionOf('to and fro', {}, number));
    await Promise.all(images.map((image) => send(image)));
    const moves = images.flatMap((_, number) => [
      versionOf('to and fro', { StudyInstanceUID: target }, number),
      versionOf('to and fro', { PatientName: 'Stays^Here' }, number),
    ]);
    await Promise.all(moves.map((each) => send(each)));
    const home = images[0]?.studyInstanceUid ?? '';
    const counts = [await books.studyOf(home), await books.studyOf(target)];
    expect(counts.reduce((sum, study) => sum + study.imageCount, 0)).toBe(6);
    for (const image of images) {
      const rows = await books.instancesOf(image.sopInstanceUid);
      expect(rows.filter((row) => row.standing === 'current')).toHaveLength(1);
    }
  });

  it('between several processes are settled by the database', async () => {
    const second = createInstanceReceiver({
      database: intake.db.database,
      blobStore: intake.blobStore,
      config: intake.config,
      rule: loadPriorityRule(),
      logger: silent,
    });
    for (let round = 0; round < 10; round += 1) {
      const seed = `processes ${round}`;
      const target = `1.2.826.0.1.3680043.10.99.3.${round + 1}`;
      const one = minimalImage({ modality: 'DX', seed });
      const other = minimalImage({
        modality: 'DX',
        seed,
        attributes: { StudyInstanceUID: target },
      });
      await Promise.all([
        receiveFile(intake.receiver, one.bytes),
        receiveFile(second, other.bytes),
      ]);
      const rows = await books.instancesOf(one.sopInstanceUid);
      expect(rows.map((row) => row.standing).sort()).toEqual(['current', 'superseded']);
    }
  });
});
