import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { voiOf } from '#dicom/pixels/voi.ts';
import { missingPython } from '#tests/support/python.ts';
import { sharedData } from '#tests/support/shared-data.ts';
import { compareSamples, decodeAllFrames } from './compare.ts';
import { compareModality, compareVoi, isMonochrome } from './compare-values.ts';
import { PythonReference, type ReferenceAnswer } from './reference.ts';

/** The images that Debian's pydicom brings for its own tests. */
const PYDICOM_FILES = '/usr/lib/python3/dist-packages/pydicom/data/test_files';

function isPart10(path: string): boolean {
  return readFileSync(path).toString('latin1', 128, 132) === 'DICM';
}

function listFiles(root: string | undefined): string[] {
  if (root === undefined || !existsSync(root)) return [];
  const entries: Dirent[] = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isPart10);
}

const FILES = [...listFiles(PYDICOM_FILES), ...listFiles(sharedData('dicom'))];

/** Refused here, whatever the reference makes of them. */
const REFUSED_HERE: Readonly<Record<string, string>> = {
  'JPEG2000-embedded-sequence-delimiter.dcm':
    'its codestream states 3.7 billion columns: a delimiter was written over its size',
  'MR_truncated.dcm': 'ends within its pixels; pydicom refuses it too',
  'rtplan_truncated.dcm': 'ends within an element, and has no pixels',
  'DICOMDIR-nooffset': 'an item longer than its sequence, and no pixels',
  'meta_missing_tsyntax.dcm': 'no transfer syntax, and no pixels',
  'nested_priv_SQ.dcm': 'private elements only',
  'liver_deflate.dcm': 'frames deflated one by one (1.2.840.10008.1.2.8.1), unknown to both',
  'liver_nonbyte_aligned_deflate.dcm': 'frames deflated one by one, unknown to both',
};

/** Decoded here and refused by pydicom and gdcm; with the file of the same picture that they do read, if any. */
const REFUSED_BY_REFERENCE: Readonly<Record<string, { why: string; twin?: string }>> = {
  'CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm': {
    why: 'pydicom knows no retired JPEG process; dcmtk does, in real-files.test.ts beside the decoder',
  },
  'CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm': {
    why: 'pydicom knows no retired JPEG process; dcmtk does, in real-files.test.ts beside the decoder',
  },
  'HTJ2KLossless_08_RGB.dcm': { why: 'pydicom 2 knows no HTJ2K; see htj2k.test.ts' },
  'HTJ2K_08_RGB.dcm': { why: 'pydicom 2 knows no HTJ2K; see htj2k.test.ts' },
  'badVR.dcm': { why: 'a NumberOfFrames of 1A, which pydicom does not get over' },
  'liver_rle.dcm': { why: 'pydicom has no RLE of one bit', twin: 'liver.dcm' },
  'liver_nonbyte_aligned_rle.dcm': {
    why: 'pydicom has no RLE of one bit',
    twin: 'liver_nonbyte_aligned.dcm',
  },
  'liver_j2k.dcm': { why: 'JPEG 2000 of one bit crashes gdcm', twin: 'liver.dcm' },
  'liver_nonbyte_aligned_j2k.dcm': {
    why: 'JPEG 2000 of one bit crashes gdcm',
    twin: 'liver_nonbyte_aligned.dcm',
  },
  'emri_small_jpeg_2k_lossless_too_short.dcm': {
    why: 'the last fragment is cut, and pydicom gives up the whole object',
    twin: 'emri_small.dcm',
  },
};

/** Read by the reference, and wrongly: the little endian file of the same picture takes its place. */
const WRONG_IN_REFERENCE: Readonly<Record<string, { why: string; twin: string }>> = {
  'OBXXXX1A_expb.dcm': {
    why: 'pydicom 2 does not swap 8-bit pixels in big endian OW (PS3.5 8.1.2)',
    twin: 'OBXXXX1A.dcm',
  },
  'OBXXXX1A_expb_2frame.dcm': {
    why: 'pydicom 2 does not swap 8-bit pixels in big endian OW (PS3.5 8.1.2)',
    twin: 'OBXXXX1A_2frame.dcm',
  },
};

describe.skipIf(missingPython('pydicom', 'numpy', 'gdcm'))('stored values of real files', () => {
  const reference = new PythonReference();
  /** Frames whose window or table was compared. */
  let shown = 0;
  const answers = new Map<string, Promise<ReferenceAnswer>>();
  afterAll(() => reference[Symbol.asyncDispose]());

  function askOnce(path: string): Promise<ReferenceAnswer> {
    const answer = answers.get(path) ?? reference.ask({ operation: 'pixels', path });
    // Only what is asked for again, as the twin of another, is kept.
    if (/(liver|liver_nonbyte_aligned|OBXXXX1A|OBXXXX1A_2frame|emri_small)\.dcm$/.test(path)) {
      answers.set(path, answer);
    }
    return answer;
  }

  it('are there: the files that Debian installs with pydicom', () => {
    expect(listFiles(PYDICOM_FILES).length).toBeGreaterThan(100);
  });

  it.each(FILES.map((path): [string, string] => [basename(path), path]))(
    '%s',
    async (name, path) => {
      const theirs = askOnce(path);
      const ours = await decodeAllFrames(path).catch((error: unknown) => {
        if (error instanceof RadTriageError) return error;
        throw error;
      });
      if (ours instanceof RadTriageError) {
        const isWithoutPixels = ours.code === 'PIXELS_MISSING';
        if (isWithoutPixels)
          expect(await theirs).toEqual({ refused: 'LookupError: no pixel data' });
        else expect(REFUSED_HERE, `${ours.code}: ${ours.message}`).toHaveProperty([name]);
        return;
      }
      const twin = (WRONG_IN_REFERENCE[name] ?? REFUSED_BY_REFERENCE[name])?.twin;
      const own = await theirs;
      if ('refused' in own) expect(REFUSED_BY_REFERENCE, own.refused).toHaveProperty([name]);
      else expect(REFUSED_BY_REFERENCE).not.toHaveProperty([name]);
      expect(REFUSED_HERE).not.toHaveProperty([name]);
      if ('refused' in own && twin === undefined) return;
      const answer = twin === undefined ? own : await askOnce(join(path, '..', twin));
      compareSamples(ours, answer);
      if (twin !== undefined || !isMonochrome(ours)) return;
      compareModality(ours, await reference.ask({ operation: 'modality', path }));
      if (ours.frames.some((frame) => voiOf(frame) !== undefined)) {
        shown += compareVoi(ours, await reference.ask({ operation: 'voi', path }));
      }
    },
  );

  it('ask for windows and tables often enough', () => {
    expect(shown).toBeGreaterThan(20);
  });
});
