import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dicomParser from 'dicom-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { checkPart10File } from '#dicom/part10/check-part10-file.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { CT_CLASS, STUDY_UID, sampleDataSets } from '#tests/support/data-set-samples.ts';

const META = {
  sopClassUid: CT_CLASS,
  sopInstanceUid: '1.2.3.4.5.6.7',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radtriage-part10-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function fileOf(...parts: Uint8Array[]): Promise<string> {
  const path = join(folder, 'file.dcm');
  await writeFile(path, Buffer.concat(parts));
  return path;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'passed';
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  }
}

describe('preamble and file meta', () => {
  test('a parser reads them, the preamble is zeroed and the group length is right', () => {
    const header = encodePart10Header({ ...META, sendingAe: 'CT1' });
    expect(header.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    const parsed = dicomParser.parseDicom(
      Buffer.concat([header, sampleDataSets()[1]?.bytes ?? header]),
    );
    expect(parsed.string('x00020002')).toBe(META.sopClassUid);
    expect(parsed.string('x00020003')).toBe(META.sopInstanceUid);
    expect(parsed.string('x00020010')).toBe(META.transferSyntaxUid);
    expect(parsed.string('x00020013')).toBe('RADTRIAGE_010');
    expect(parsed.string('x00020017')).toBe('CT1');
    expect(parsed.uint32('x00020000')).toBe(header.length - 144);
  });

  test('an invalid UID is refused', () => {
    expect(() => encodePart10Header({ ...META, sopInstanceUid: '../x' })).toThrowError(
      expect.objectContaining({ code: 'DICOM_UID_INVALID' }),
    );
  });

  test.each(sampleDataSets())('are read back before a data set, $name', async (sample) => {
    const meta = { ...META, transferSyntaxUid: sample.transferSyntaxUid };
    const header = encodePart10Header(meta);
    const path = await fileOf(header, sample.bytes);
    const part10 = {
      meta,
      dataSetOffset: header.length,
      fileBytes: header.length + sample.bytes.length,
    };
    expect(await readPart10(path)).toEqual(part10);
    const checked = await checkPart10File(path);
    expect(checked).toMatchObject({ ...part10, hasPixelData: true });
    expect(checked.uids.studyInstanceUid).toBe(STUDY_UID);
    const handle = await open(path);
    expect(await readPart10(handle)).toEqual(part10);
    await handle.close();
  });

  test('file meta without its group length, and longer than the first read, is read too', async () => {
    const header = encodePart10Header(META);
    // (0002,0102) Private Information, 16 KiB, in the place of the group length.
    const large = Buffer.concat([
      Buffer.from('020002014f42000000400000', 'hex'),
      Buffer.alloc(0x4000),
    ]);
    const path = await fileOf(
      header.subarray(0, 132),
      header.subarray(144),
      large,
      Buffer.from('0800050043530000', 'hex'),
    );
    expect(await readPart10(path)).toMatchObject({
      meta: META,
      dataSetOffset: header.length - 12 + large.length,
    });
  });

  test.each<[string, string, (header: Buffer) => Buffer]>([
    ['an empty file', 'DICOM_NOT_PART10', () => Buffer.alloc(0)],
    ['a text file', 'DICOM_NOT_PART10', () => Buffer.alloc(5000, 'text ')],
    ['a file without prefix', 'DICOM_NOT_PART10', (header) => header.subarray(128)],
    ['a preamble alone', 'DICOM_TRUNCATED', (header) => header.subarray(0, 132)],
    ['an end within file meta', 'DICOM_TRUNCATED', (header) => header.subarray(0, -3)],
    [
      'file meta in Implicit VR',
      'DICOM_STRUCTURE',
      (header) =>
        Buffer.concat([header.subarray(0, 132), Buffer.from('0200100014000000312e', 'hex')]),
    ],
    [
      'an element of two gigabytes',
      'DICOM_STRUCTURE',
      (header) =>
        Buffer.concat([header.subarray(0, 132), Buffer.from('020001004f420000ffffff7f', 'hex')]),
    ],
    [
      'no transfer syntax',
      'DICOM_ATTRIBUTE_MISSING',
      (header) => {
        const at = header.indexOf(Buffer.from('0200100055490000'.slice(0, 12), 'hex'));
        const length = header.readUInt16LE(at + 6);
        return Buffer.concat([
          header.subarray(0, at),
          header.subarray(at + 8 + length),
          Buffer.alloc(16, 8),
        ]);
      },
    ],
  ])('%s is refused with %s', async (_, code, make) => {
    const path = await fileOf(make(encodePart10Header(META)));
    expect(await codeOf(readPart10(path))).toBe(code);
  });

  test('a missing file is not found', async () => {
    expect(await codeOf(readPart10(join(folder, 'none')))).toBe('NOT_FOUND');
    expect(await codeOf(checkPart10File(join(folder, 'none')))).toBe('NOT_FOUND');
  });
});
