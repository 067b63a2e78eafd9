import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHARSETS } from '#test-data/charset-encoder.ts';
import { DEMO_STUDIES } from '#test-data/demo-set.ts';
import { minimalImage, minimalObject, rejectionNote } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { wrapRadiograph } from '#test-data/wrap.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dciodvfy-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The lines that dciodvfy marks as errors; it writes to standard error and exits 1 on any. */
async function errorsOf(bytes: Buffer): Promise<string[]> {
  const path = join(folder, 'file.dcm');
  await writeFile(path, bytes);
  const output = await new Promise<string>((resolve) => {
    execFile(peerPath('dciodvfy'), [path], (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  // The validator's first line names the IOD that it checked against: without it nothing was checked.
  expect(output).toMatch(
    /^(CRImage|DXImage|CTImage|EnhancedCTImage|US|.*SR|KeyObject|.*Softcopy|.*PresentationState)/m,
  );
  return output.split('\n').filter((line) => line.startsWith('Error'));
}

describe.skipIf(missingPeer('dciodvfy'))('generated DICOM under dciodvfy', () => {
  it('has no error in any study of the demo set', async () => {
    for (const study of DEMO_STUDIES) {
      const files = study.generate().files;
      for (const file of [files[0], files.at(-1)]) {
        expect(await errorsOf(file?.bytes ?? Buffer.alloc(0)), study.title).toEqual([]);
      }
    }
  });

  it('has no error in either photometric interpretation, view and transfer syntax', async () => {
    for (const kind of ['CR', 'DX'] as const) {
      for (const photometric of ['MONOCHROME1', 'MONOCHROME2'] as const) {
        for (const view of ['PA', 'AP', 'LL'] as const) {
          const transferSyntax = view === 'PA' ? 'implicit' : 'explicit';
          const study = generateStudy({
            kind,
            seed: 3,
            lesion: null,
            photometric,
            view,
            transferSyntax,
          });
          expect(await errorsOf(study.files[0]?.bytes ?? Buffer.alloc(0))).toEqual([]);
        }
      }
    }
  });

  it.each(CHARSETS)('accepts a name in %s', async (charset) => {
    const patient = { name: 'Phantom^Test', id: 'C1', birthDate: '19600101', sex: 'F' } as const;
    const study = generateStudy({
      kind: 'CT',
      seed: 4,
      lesion: null,
      charset,
      patient,
      slices: 1,
      matrix: 64,
    });
    expect(await errorsOf(study.files[0]?.bytes ?? Buffer.alloc(0))).toEqual([]);
  });

  it('has no error in an enhanced CT', async () => {
    const options = { kind: 'CT', seed: 7, lesion: null, slices: 3, matrix: 16 } as const;
    const { files } = generateStudy({ ...options, enhanced: true });
    expect(files).toHaveLength(1);
    expect(await errorsOf(files[0]?.bytes ?? Buffer.alloc(0))).toEqual([]);
  });

  it('has no error in a wrapped radiograph', async () => {
    const raw = { width: 16, height: 12, channels: 1 as const };
    const jpeg = await sharp(new Uint8Array(192), { raw }).toColourspace('b-w').jpeg().toBuffer();
    const row = { file: 'a.jpg', patient: '0001', age: 44, sex: 'M', view: 'PA' } as const;
    expect(await errorsOf(await wrapRadiograph(jpeg, row))).toEqual([]);
  });

  it('has no error in minimal SR, KO and PR objects', async () => {
    const of = minimalImage({ modality: 'CT', seed: 5 });
    for (const kind of ['SR', 'KO', 'PR'] as const) {
      expect(await errorsOf(minimalObject({ kind, seed: 5, of }).bytes), kind).toEqual([]);
    }
  });

  it('has no error in rejection notes', async () => {
    const of = [1, 2].map((instanceNumber) =>
      minimalImage({ modality: 'CT', seed: 6, instanceNumber }),
    );
    for (const title of ['113001', '113037', '113038', '113039'] as const) {
      expect(await errorsOf(rejectionNote({ title, seed: 6, of }).bytes), title).toEqual([]);
    }
  });
});
