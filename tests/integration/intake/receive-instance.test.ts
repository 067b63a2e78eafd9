import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPart10File } from '#dicom/part10/check-part10-file.ts';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import {
  brokenSequence,
  receiveFile,
  startTestIntake,
  type TestIntake,
  unpack,
} from '#tests/support/intake.ts';

let intake: TestIntake;

beforeAll(async () => {
  intake = await startTestIntake({
    overrides: {
      site: 'HOME',
      dicom: { peers: [{ aeTitle: 'NORTH', site: 'North Clinic' }], maxObjectBytes: 200_000 },
      assembly: { quietSeconds: 3600 },
    },
  });
});
afterAll(async () => intake.stop());

function filesIn(folder: string): string[] {
  return readdirSync(join(intake.blobDirectory, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function studyOf(studyInstanceUid: string) {
  return intake.db.database
    .selectFrom('study')
    .selectAll()
    .where('studyInstanceUid', '=', studyInstanceUid)
    .executeTakeFirst();
}

async function instancesOf(sopInstanceUid: string) {
  return intake.db.database
    .selectFrom('instance')
    .selectAll()
    .where('sopInstanceUid', '=', sopInstanceUid)
    .orderBy('instanceKey')
    .execute();
}

describe('receiving an instance', () => {
  it('keeps the very bytes behind a header of ours, and lists the study from its first image', async () => {
    const image = minimalImage({
      modality: 'CR',
      seed: 'bytes',
      attributes: { RequestedProcedurePriority: 'STAT' },
    });
    const before = Date.now();
    const { outcome } = await receiveFile(intake.receiver, image.bytes, { callingAe: 'NORTH' });
    expect(outcome).toBe('stored');
    const [row] = await instancesOf(image.sopInstanceUid);
    const { dataSet } = unpack(image.bytes);
    expect(row).toMatchObject({
      kind: 'image',
      standing: 'current',
      callingAe: 'NORTH',
      modality: 'CR',
      sha256: createHash('sha256').update(dataSet).digest('hex'),
      rows: 16,
    });
    const kept = await intake.blobStore.readBlob(row?.blobPath ?? '');
    expect(kept.subarray(row?.dataSetOffset).equals(dataSet)).toBe(true);
    expect(String(kept.length)).toBe(row?.fileBytes);
    const checked = await checkPart10File(intake.blobStore.locate(row?.blobPath ?? ''));
    expect(checked.meta.sopInstanceUid).toBe(image.sopInstanceUid);
    const study = await studyOf(image.studyInstanceUid);
    expect(study).toMatchObject({
      status: 'receiving',
      site: 'North Clinic',
      patientId: 'MIN-bytes',
      patientName: 'Minimal^Test',
      modality: 'CR',
      imageCount: 1,
      basePriority: 'STAT',
      priority: 'STAT',
      ruleId: 'default',
    });
    // Waiting counts from our own receipt, never from StudyTime.
    expect(study?.receivedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(study?.quietUntil?.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
  });

  it('knows the same bytes again and keeps one file', async () => {
    const image = minimalImage({ modality: 'DX', seed: 'twice' });
    const first = await receiveFile(intake.receiver, image.bytes);
    const study = await studyOf(image.studyInstanceUid);
    const files = filesIn('instances').length;
    const second = await receiveFile(intake.receiver, image.bytes);
    expect(second).toEqual({ outcome: 'duplicate', instanceKey: first.instanceKey });
    expect(filesIn('instances')).toHaveLength(files);
    expect(await studyOf(image.studyInstanceUid)).toEqual(study);
  });

  it('keeps both of two contents under one UID, and says so in the audit log', async () => {
    const image = minimalImage({ modality: 'CT', seed: 'conflict' });
    const other = minimalImage({
      modality: 'CT',
      seed: 'conflict',
      attributes: { PatientName: 'Other^One', PixelData: Buffer.alloc(256, 1) },
    });
    expect((await receiveFile(intake.receiver, image.bytes)).outcome).toBe('stored');
    expect((await receiveFile(intake.receiver, other.bytes)).outcome).toBe('conflict');
    expect((await receiveFile(intake.receiver, other.bytes)).outcome).toBe('duplicate');
    const rows = await instancesOf(image.sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual(['current', 'conflict']);
    for (const row of rows) await intake.blobStore.sizeOf(row.blobPath);
    expect(await studyOf(image.studyInstanceUid)).toMatchObject({
      imageCount: 1,
      patientName: 'Minimal^Test',
    });
    const verdict = await verifyAuditLog(intake.db.database);
    expect(verdict).toMatchObject({ intact: true, entries: 1 });
  });

  it('settles the same image sent by eight at once', async () => {
    const image = minimalImage({ modality: 'CR', seed: 'race' });
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => receiveFile(intake.receiver, image.bytes)),
    );
    const names = outcomes.map(({ outcome }) => outcome).sort();
    expect(names).toEqual([...Array.from({ length: 7 }, () => 'duplicate'), 'stored']);
    expect(new Set(outcomes.map(({ instanceKey }) => instanceKey)).size).toBe(1);
  });

  it('takes what is no image, and what we made ourselves, without touching the study', async () => {
    const image = minimalImage({ modality: 'DX', seed: 'objects' });
    await receiveFile(intake.receiver, image.bytes);
    const before = await studyOf(image.studyInstanceUid);
    const kinds = ['SR', 'KO', 'PR', 'SEG'] as const;
    for (const kind of kinds) {
      const object = minimalObject({ kind, seed: 'objects', of: image });
      expect((await receiveFile(intake.receiver, object.bytes)).outcome).toBe('stored');
      expect(await instancesOf(object.sopInstanceUid)).toMatchObject([{ kind: 'object' }]);
    }
    const ours = minimalImage({
      modality: 'OT',
      seed: 'ours',
      studyInstanceUid: image.studyInstanceUid,
      attributes: { ManufacturerModelName: 'RadTriage' },
    });
    await receiveFile(intake.receiver, ours.bytes);
    expect(await instancesOf(ours.sopInstanceUid)).toMatchObject([{ kind: 'object' }]);
    expect(await studyOf(image.studyInstanceUid)).toEqual(before);
  });

  it('takes a study over from its first image when an object came before', async () => {
    const image = minimalImage({ modality: 'CR', seed: 'late-image' });
    await receiveFile(
      intake.receiver,
      minimalObject({ kind: 'SR', seed: 'late-image', of: image }).bytes,
    );
    expect(await studyOf(image.studyInstanceUid)).toMatchObject({ modality: 'SR', imageCount: 0 });
    await receiveFile(intake.receiver, image.bytes);
    expect(await studyOf(image.studyInstanceUid)).toMatchObject({
      modality: 'CR',
      imageCount: 1,
      site: 'HOME',
    });
  });

  it('groups the rows of eight associations and counts every image', async () => {
    const studyInstanceUid = '1.2.826.0.1.3680043.10.99.8';
    const send = async (association: number): Promise<void> => {
      for (let number = 0; number < 10; number += 1) {
        const image = minimalImage({
          modality: 'CT',
          seed: `a${association}`,
          studyInstanceUid,
          instanceNumber: number,
        });
        expect((await receiveFile(intake.receiver, image.bytes)).outcome).toBe('stored');
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, association) => send(association)));
    expect(await studyOf(studyInstanceUid)).toMatchObject({ imageCount: 80 });
  });
});

describe('refusing an instance', () => {
  const cases: [what: string, code: string, send: () => Promise<unknown>][] = [
    [
      'whose data set names another SOP instance',
      'DICOM_UID_MISMATCH',
      () =>
        receiveFile(intake.receiver, minimalImage({ modality: 'CR', seed: 'x' }).bytes, {
          sopInstanceUid: '1.2.3',
        }),
    ],
    [
      'whose data set names another SOP class',
      'DICOM_UID_MISMATCH',
      () =>
        receiveFile(intake.receiver, minimalImage({ modality: 'CR', seed: 'x' }).bytes, {
          sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        }),
    ],
    [
      'that is cut short',
      'DICOM_TRUNCATED',
      () =>
        receiveFile(
          intake.receiver,
          minimalImage({ modality: 'CR', seed: 'x' }).bytes.subarray(0, -100),
        ),
    ],
    [
      'that is larger than allowed',
      'DICOM_TOO_LARGE',
      () =>
        receiveFile(
          intake.receiver,
          minimalImage({ modality: 'CR', seed: 'x', rows: 500, columns: 500 }).bytes,
        ),
    ],
    [
      'in an unknown transfer syntax',
      'DICOM_UNSUPPORTED',
      () =>
        receiveFile(intake.receiver, minimalImage({ modality: 'CR', seed: 'x' }).bytes, {
          transferSyntaxUid: '1.2.3.4',
        }),
    ],
    [
      'under an invalid UID',
      'DICOM_UID_INVALID',
      () =>
        receiveFile(intake.receiver, minimalImage({ modality: 'CR', seed: 'x' }).bytes, {
          sopInstanceUid: '../../etc',
        }),
    ],
    [
      'without a StudyInstanceUID',
      'DICOM_ATTRIBUTE_MISSING',
      () =>
        receiveFile(
          intake.receiver,
          minimalImage({ modality: 'CR', seed: 'x', attributes: { StudyInstanceUID: undefined } })
            .bytes,
        ),
    ],
    [
      'without a SeriesInstanceUID',
      'DICOM_ATTRIBUTE_MISSING',
      () =>
        receiveFile(
          intake.receiver,
          minimalImage({ modality: 'CR', seed: 'x', attributes: { SeriesInstanceUID: undefined } })
            .bytes,
        ),
    ],
    [
      'whose header is found broken only when it is read',
      'DICOM_STRUCTURE',
      () => receiveFile(intake.receiver, brokenSequence()),
    ],
  ];
  it.each(cases)('%s: %s', async (_what, code, send) => {
    const before = filesIn('instances').length;
    await expect(send()).rejects.toMatchObject({ code });
    expect(filesIn('instances')).toHaveLength(before);
    expect(filesIn('incoming')).toEqual([]);
  });

  it('leaves nothing behind of a sender that goes away', async () => {
    const { instance, dataSet } = unpack(minimalImage({ modality: 'CR', seed: 'gone' }).bytes);
    const sink = await intake.receiver.open(instance);
    await sink.write(dataSet.subarray(0, 300));
    await sink.abort();
    await sink.abort();
    expect(filesIn('incoming')).toEqual([]);
    expect(await instancesOf(instance.sopInstanceUid)).toEqual([]);
  });

  it('takes hostile attribute values without failing those they were grouped with', async () => {
    const hostile = minimalImage({
      modality: 'CR',
      seed: 'hostile',
      attributes: { PatientName: 'A\u0000B', PatientID: 'x'.repeat(5000) },
    });
    const plain = minimalImage({ modality: 'CR', seed: 'plain' });
    const outcomes = await Promise.all([
      receiveFile(intake.receiver, hostile.bytes),
      receiveFile(intake.receiver, plain.bytes),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
  });
});
