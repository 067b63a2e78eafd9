import { describe, expect, it } from 'vitest';
import { isStorageSopClass } from '#dicom/dimse/storage-sop-classes.ts';
import { IMAGE_SOP_CLASSES, OBJECT_SOP_CLASSES } from '#test-data/minimal-objects.ts';

describe('storage SOP classes', () => {
  it.each(Object.entries({ ...IMAGE_SOP_CLASSES, ...OBJECT_SOP_CLASSES }))(
    'takes %s',
    (_name, uid) => {
      expect(isStorageSopClass(uid)).toBe(true);
    },
  );

  it('takes both intents of the radiographs, which have UIDs of their own', () => {
    for (const suffix of ['1.1', '1.1.1', '1.2', '1.2.1', '1.3', '1.3.1', '13.1.4', '13.1.5']) {
      expect(isStorageSopClass(`1.2.840.10008.5.1.4.1.1.${suffix}`)).toBe(true);
    }
  });

  it('takes neither Verification nor a private class', () => {
    expect(isStorageSopClass('1.2.840.10008.1.1')).toBe(false);
    expect(isStorageSopClass('1.3.12.2.1107.5.9.1')).toBe(false);
  });
});
