import { describe, expect, it } from 'vitest';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { kindOf } from '#intake/instance-record.ts';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { splitPart10 } from '../../support/data-set-bytes.ts';

function kindOfFile(bytes: Buffer): string {
  const { dataSet, transferSyntaxUid } = splitPart10(bytes);
  return kindOf(readAttributes(dataSet, transferSyntaxUid));
}

describe('kind of an instance', () => {
  it.each(['CR', 'DX', 'MG', 'CT', 'MR', 'US', 'NM', 'XA', 'PT', 'OT'] as const)(
    '%s is an image',
    (modality) => {
      expect(kindOfFile(minimalImage({ modality, seed: 1 }).bytes)).toBe('image');
    },
  );

  it.each(['SR', 'KO', 'PR', 'SEG'] as const)('%s is an object', (kind) => {
    const of = minimalImage({ modality: 'CT', seed: 1 });
    expect(kindOfFile(minimalObject({ kind, seed: 1, of }).bytes)).toBe('object');
  });
});
