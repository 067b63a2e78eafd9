import { describe, expect, test } from 'vitest';
import { encodeDataSet, type NewElement } from '#dicom/attributes/encode-data-set.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import { readReferences, requireUid } from '#dicom/attributes/read-references.ts';
import { IMPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';

function parse(items: NewElement[][]) {
  const elements: NewElement[] = [{ tag: 0x00081199, vr: 'SQ', items }];
  return parseHeader(encodeDataSet(elements, IMPLICIT_VR_LITTLE_ENDIAN), IMPLICIT_VR_LITTLE_ENDIAN);
}

describe('a sequence of SOP references', () => {
  const sopClass: NewElement = { tag: 0x00081150, vr: 'UI', value: '1.2.3' };
  const instance: NewElement = { tag: 0x00081155, vr: 'UI', value: '1.2.34' };

  test('is read item by item', () => {
    const parsed = parse([[sopClass, instance]]);
    expect(readReferences(parsed, 0x00081199)).toEqual([
      { sopClassUid: '1.2.3', sopInstanceUid: '1.2.34' },
    ]);
    expect(readReferences(parsed, 0x00081140)).toEqual([]);
  });

  test('is refused as a whole when an item lacks a UID, or holds something else', () => {
    expect(() => readReferences(parse([[sopClass]]), 0x00081199)).toThrow(
      'ReferencedSOPInstanceUID is missing',
    );
    const path: NewElement = { tag: 0x00081155, vr: 'UI', value: '../../etc' };
    expect(() => readReferences(parse([[sopClass, path]]), 0x00081199)).toThrow('is no UID');
    expect(() => requireUid(parse([]), 0x0020000d, 'StudyInstanceUID')).toThrow('missing');
  });
});
