import { describe, expect, it } from 'vitest';
import { findDifferences, nameTag } from '#dicom/attributes/compare-data-sets.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import {
  BIG_ENDIAN,
  type Encoding,
  EXPLICIT,
  IMPLICIT,
  short,
  type TestElement,
  text,
  writeDataSet,
} from '#tests/support/data-set-bytes.ts';

const SYNTAX = new Map<Encoding, string>([
  [EXPLICIT, '1.2.840.10008.1.2.1'],
  [IMPLICIT, '1.2.840.10008.1.2'],
  [BIG_ENDIAN, '1.2.840.10008.1.2.2'],
]);

function header(encoding: Encoding, more: readonly TestElement[] = [], open = false) {
  const elements: TestElement[] = [
    text(0x00080018, 'UI', '1.2.3'),
    text(0x00100010, 'PN', 'Some^One'),
    short(0x00280010, 512, encoding),
    { tag: 0x00400275, vr: 'SQ', value: [[text(0x00400007, 'LO', 'Chest')]], open },
    ...more,
  ];
  elements.sort((a, b) => a.tag - b.tag);
  return parseHeader(writeDataSet(elements, encoding), SYNTAX.get(encoding) ?? '');
}

const named = (...pair: Parameters<typeof findDifferences>) =>
  findDifferences(...pair).map(nameTag);

describe('two headers', () => {
  it('are the same in whichever encoding, however their sequences end', () => {
    for (const one of [EXPLICIT, IMPLICIT, BIG_ENDIAN]) {
      for (const other of [EXPLICIT, IMPLICIT, BIG_ENDIAN]) {
        expect(named(header(one), header(other, [], true))).toEqual([]);
      }
    }
  });

  it('are told apart by value, by item and by what one of them lacks', () => {
    const plain = header(EXPLICIT);
    const item = [[text(0x00400007, 'LO', 'Abdomen')]];
    const changed: [TestElement, string][] = [
      [text(0x00100020, 'LO', 'X'), 'PatientID'],
      [{ tag: 0x00091001, vr: 'OB', value: Uint8Array.of(1, 2) }, 'private (0009,1001)'],
      [{ tag: 0x00081115, vr: 'SQ', value: item }, 'ReferencedSeriesSequence'],
      [short(0x00280011, 1, EXPLICIT), 'Columns'],
    ];
    for (const [element, name] of changed) {
      expect(named(plain, header(EXPLICIT, [element]))).toEqual([name]);
      expect(named(header(EXPLICIT, [element]), plain)).toEqual([name]);
    }
    const one = header(EXPLICIT, [{ tag: 0x00081115, vr: 'SQ', value: item }]);
    const two = header(EXPLICIT, [{ tag: 0x00081115, vr: 'SQ', value: [...item, ...item] }]);
    expect(named(one, two)).toEqual(['ReferencedSeriesSequence']);
  });

  it('do not differ by padding, by an empty attribute, or by their pixels', () => {
    const plain = header(EXPLICIT, [text(0x00100020, 'LO', 'X')]);
    for (const more of [
      [text(0x00100020, 'LO', 'X   ')],
      [text(0x00100020, 'LO', 'X'), text(0x00100021, 'LO', '')],
      [text(0x00100020, 'LO', 'X'), { tag: 0x7fe00010, vr: 'OW', value: Uint8Array.of(1, 2) }],
    ]) {
      expect(named(plain, header(EXPLICIT, more))).toEqual([]);
    }
  });
});
