import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import dicomParser from 'dicom-parser';
import { describe, expect, test } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { checkPart10File } from '#dicom/part10/check-part10-file.ts';
import { sharedData } from '#tests/support/shared-data.ts';

/** Real files that do not pass, and why. Every other file has to. */
const REFUSED: Readonly<Record<string, string>> = {
  // Retired JPEG processes that no decoder here can read.
  'cornerstone3d/CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm':
    'DICOM_UNSUPPORTED',
  'cornerstone3d/CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm':
    'DICOM_UNSUPPORTED',
  // Deflated image frames, 1.2.840.10008.1.2.8.1.
  'pydicom-data/liver_deflate.dcm': 'DICOM_UNSUPPORTED',
  'pydicom-data/liver_nonbyte_aligned_deflate.dcm': 'DICOM_UNSUPPORTED',
  // Codec samples without a study.
  'pydicom-data/HTJ2KLossless_08_RGB.dcm': 'DICOM_ATTRIBUTE_MISSING',
  'pydicom-data/HTJ2K_08_RGB.dcm': 'DICOM_ATTRIBUTE_MISSING',
  'pydicom-data/JLSL_08_07_0_1F.dcm': 'DICOM_ATTRIBUTE_MISSING',
  'pydicom-data/JLSL_16_15_1_1F.dcm': 'DICOM_ATTRIBUTE_MISSING',
  // Without preamble.
  'pydicom-data/JLSL_RGB_ILV0.dcm': 'DICOM_NOT_PART10',
  'pydicom-data/JLSL_RGB_ILV1.dcm': 'DICOM_NOT_PART10',
  'pydicom-data/JLSL_RGB_ILV2.dcm': 'DICOM_NOT_PART10',
  'pydicom-data/JLSN_RGB_ILV0.dcm': 'DICOM_NOT_PART10',
  'pydicom-data/OT-PAL-8-face.dcm': 'DICOM_NOT_PART10',
  // A hexadecimal digest stands where the SOP instance UID belongs.
  'pydicom-data/bad_sequence.dcm': 'DICOM_UID_INVALID',
  'pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm': 'DICOM_TRUNCATED',
};

const root = sharedData('dicom');
const files =
  root === undefined
    ? []
    : readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(ts|md|sh)$/.test(entry.name))
        .map((entry) => relative(root, join(entry.parentPath, entry.name)));

describe.skipIf(root === undefined)('real files', () => {
  test('are there in number', () => {
    expect(files.length).toBeGreaterThan(100);
    for (const refused of Object.keys(REFUSED)) expect(files).toContain(refused);
  });

  test.each(files)('%s', async (file) => {
    const expected = REFUSED[file] ?? 'passed';
    try {
      const checked = await checkPart10File(join(root ?? '', file));
      expect('passed').toBe(expected);
      const header = dicomParser.parseDicom(checked.header, {
        TransferSyntaxUID: checked.headerTransferSyntaxUid,
      });
      expect(header.string('x0020000d')).toBe(checked.uids.studyInstanceUid);
    } catch (error) {
      if (!(error instanceof RadTriageError)) throw error;
      expect(error.code).toBe(expected);
    }
  });
});
