import { describe, expect, test } from 'vitest';
import { itemsOf, readBytes } from '#dicom/attributes/element-values.ts';
import { encodeDataSet, type NewElement } from '#dicom/attributes/encode-data-set.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
} from '#dicom/part10/transfer-syntaxes.ts';

const ELEMENTS: readonly NewElement[] = [
  {
    tag: 0x00081199,
    vr: 'SQ',
    items: [
      [
        { tag: 0x00081155, vr: 'UI', value: '1.2.3' },
        { tag: 0x00081197, vr: 'US', value: 0x0112 },
      ],
      [{ tag: 0x00081155, vr: 'UI', value: '1.2.34' }],
    ],
  },
  { tag: 0x00081195, vr: 'UI', value: '1.2' },
];

describe('a data set of our own', () => {
  test('has the bytes of PS3.5 section 7 in explicit VR', () => {
    const bytes = encodeDataSet(ELEMENTS, EXPLICIT_VR_LITTLE_ENDIAN);
    const expected = [
      '0800 9511 5549 0400 312e3200',
      '0800 9911 5351 0000 36000000',
      'feff 00e0 18000000 0800 5511 5549 0600 312e322e3300 0800 9711 5553 0200 1201',
      'feff 00e0 0e000000 0800 5511 5549 0600 312e322e3334',
    ];
    expect(bytes.toString('hex')).toBe(expected.join('').replaceAll(' ', ''));
  });

  test.each([EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN])(
    'reads back in %s',
    (syntax) => {
      const parsed = parseHeader(encodeDataSet(ELEMENTS, syntax), syntax);
      const items = itemsOf(parsed, 0x00081199);
      expect(items).toHaveLength(2);
      const texts = items.map((item) => Buffer.from(readBytes(item, 0x00081155) ?? []).toString());
      expect(texts).toEqual(['1.2.3\0', '1.2.34']);
      expect([...parsed.elements.keys()]).toEqual([0x00081195, 0x00081199]);
    },
  );

  test('is not written in a syntax that nobody negotiates for it', () => {
    expect(() => encodeDataSet(ELEMENTS, '1.2.840.10008.1.2.2')).toThrow('little endian');
  });
});
