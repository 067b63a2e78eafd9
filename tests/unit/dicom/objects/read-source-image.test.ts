import { describe, expect, test } from 'vitest';
import { readSourceImage } from '#dicom/objects/read-source-image.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { sampleIdentity, sampleResult } from '#tests/support/sample-result.ts';

function sourceOf(file: Buffer) {
  const { dataSet, transferSyntaxUid } = splitPart10(file);
  return { bytes: dataSet, transferSyntaxUid };
}

describe('a source image', () => {
  test('has what a result needs of it', () => {
    const file = minimalImage({ modality: 'CT', seed: 'source', rows: 20, columns: 24 });
    const image = readSourceImage(sourceOf(file.bytes));
    expect(image).toMatchObject({
      sopInstanceUid: file.sopInstanceUid,
      studyInstanceUid: file.studyInstanceUid,
      modality: 'CT',
      rows: 20,
      columns: 24,
      numberOfFrames: 1,
    });
    const result = sampleResult([image]);
    expect(result.findings[0]?.regions[0]?.sopInstanceUid).toBe(file.sopInstanceUid);
    expect(sampleIdentity('sr').sopInstanceUid).not.toBe(sampleIdentity('sc').sopInstanceUid);
  });

  test('is refused without Rows', () => {
    const file = minimalImage({ modality: 'CT', seed: 1, attributes: { Rows: undefined } });
    expect(() => readSourceImage(sourceOf(file.bytes))).toThrow('rows is missing');
  });

  test.each(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'])(
    'keeps no pixels of %s',
    (transferSyntax) => {
      const given = { modality: 'CT', seed: 'cut', rows: 20, columns: 24, transferSyntax } as const;
      const file = minimalImage(given).bytes;
      const { header } = readSourceImage(sourceOf(file));
      expect(header.elements.has(0x7fe00010)).toBe(false);
      expect(header.elements.has(0x00280103)).toBe(true);
      expect(header.bytes.length).toBeLessThan(file.length - 20 * 24);
      // Not a view of the bytes that were read.
      expect(header.bytes.byteLength).toBe(header.bytes.buffer.byteLength);
    },
  );
});
