import { describe, expect, test } from 'vitest';
import { itemsOf, readBinaryNumbers, readBytes } from '#dicom/attributes/element-values.ts';
import { encodeDataSet, isUnwritable, type NewElement } from '#dicom/attributes/encode-data-set.ts';
import { decimalString } from '#dicom/attributes/keywords.ts';
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

  test.each([EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN])(
    'has values of every VR in %s, padded to an even length',
    (syntax) => {
      const elements: NewElement[] = [
        { tag: 0x00080020, vr: 'DA', value: '20260112' },
        { tag: 0x00080060, vr: 'CS', value: 'SEG' },
        { tag: 0x00100010, vr: 'PN', value: 'Müller^Jörg' },
        { tag: 0x00200032, vr: 'DS', value: ['1', '-2.5', '3'] },
        { tag: 0x00209165, vr: 'AT', value: 0x0062000b },
        { tag: 0x0040a160, vr: 'UT', value: 'a\\b' },
        { tag: 0x00700022, vr: 'FL', value: [0.5, -2] },
        { tag: 0x00700052, vr: 'SL', value: [1, -1] },
        { tag: 0x00189073, vr: 'FD', value: 1e-7 },
        { tag: 0x00209157, vr: 'UL', value: [1, 4_000_000_000] },
        { tag: 0x00281041, vr: 'SS', value: -1 },
        { tag: 0x7fe00010, vr: 'OB', bytes: Uint8Array.of(1, 2, 3) },
      ];
      const parsed = parseHeader(encodeDataSet(elements, syntax, ['ISO_IR 100']), syntax);
      const hex = (tag: number) => Buffer.from(readBytes(parsed, tag) ?? []).toString('hex');
      expect(hex(0x00080060)).toBe(Buffer.from('SEG ').toString('hex'));
      expect(hex(0x00100010)).toBe(Buffer.from('Müller^Jörg ', 'latin1').toString('hex'));
      expect(hex(0x00200032)).toBe(Buffer.from('1\\-2.5\\3').toString('hex'));
      expect(hex(0x00209165)).toBe('62000b00');
      expect(hex(0x0040a160)).toBe(Buffer.from('a\\b ').toString('hex'));
      expect(hex(0x7fe00010)).toBe('01020300');
      const numbers = (tag: number, vr: string) => {
        const element = parsed.elements.get(tag);
        return element === undefined ? undefined : readBinaryNumbers(parsed, element, vr);
      };
      expect(numbers(0x00700022, 'FL')).toEqual([0.5, -2]);
      expect(numbers(0x00700052, 'SL')).toEqual([1, -1]);
      expect(numbers(0x00189073, 'FD')).toEqual([1e-7]);
      expect(numbers(0x00209157, 'UL')).toEqual([1, 4_000_000_000]);
      expect(numbers(0x00281041, 'SS')).toEqual([-1]);
    },
  );

  test('says which text a character set has no place for, and refuses what is too long for its VR', () => {
    const name: NewElement = { tag: 0x00100010, vr: 'PN', value: '山田^太郎' };
    const write = (element: NewElement, charset: string[]) => () =>
      encodeDataSet([element], EXPLICIT_VR_LITTLE_ENDIAN, charset);
    expect(write(name, ['ISO_IR 100'])).toThrow(
      expect.objectContaining({ code: 'DICOM_UNSUPPORTED' }),
    );
    expect(write(name, ['ISO_IR 192'])).not.toThrow();
    expect(write(name, [])).toThrow(expect.toSatisfy(isUnwritable));
    const long: NewElement = { tag: 0x00204000, vr: 'LT', value: 'x'.repeat(0xffff) };
    expect(write(long, [])).toThrow('too long');
    expect(isUnwritable(new Error('another'))).toBe(false);
  });

  test('has decimal strings of at most 16 characters', () => {
    expect([0.1, 1 / 3, -1 / 3, 1e-20, 1234567891 / 7, -2 / 3e8].map(decimalString)).toEqual([
      '0.1',
      '0.33333333333333',
      '-0.3333333333333',
      '1e-20',
      '176366841.571429',
      '-6.6666666667e-9',
    ]);
  });
});
