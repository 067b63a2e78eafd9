import { describe, expect, it } from 'vitest';
import { toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { encodeExplicit } from '#dicom/attributes/encode-explicit.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import {
  BIG_ENDIAN,
  type Encoding,
  EXPLICIT,
  IMPLICIT,
  number,
  short,
  type TestItem,
  text,
  writeDataSet,
} from '#tests/support/data-set-bytes.ts';

const UIDS = {
  explicit: '1.2.840.10008.1.2.1',
  implicit: '1.2.840.10008.1.2',
  big: '1.2.840.10008.1.2.2',
};

/** Values of many kinds, in sequences of defined and undefined length. */
function elements(encoding: Encoding): TestItem {
  const { littleEndian } = encoding;
  const words = Buffer.concat([1, 2, 65_535].map((value) => number(value, 2, littleEndian)));
  return [
    text(0x00080005, 'CS', 'ISO_IR 192'),
    text(0x00080060, 'CS', 'CT'),
    {
      ...{ tag: 0x00081140, vr: 'SQ', open: true },
      value: [
        [text(0x00081155, 'UI', '1.2.3'), short(0x00280010, 7, encoding)],
        [{ tag: 0x00081140, vr: 'SQ', value: [[text(0x00081155, 'UI', '1.2.4')]] }],
      ],
    },
    text(0x00100010, 'PN', 'Müller^Jörg'),
    text(0x00280030, 'DS', '0.5\\0.5'),
    short(0x00280010, 512, encoding),
    short(0x00280103, 1, encoding),
    { tag: 0x00280106, vr: 'SS', value: number(0xfff6, 2, littleEndian) },
    { tag: 0x00281201, vr: 'OW', value: words },
  ];
}

describe('a data set in Explicit VR Little Endian', () => {
  const expected = toDicomJson(writeDataSet(elements(EXPLICIT)), UIDS.explicit);

  it.each([
    ['implicit VR', IMPLICIT, UIDS.implicit],
    ['big endian', BIG_ENDIAN, UIDS.big],
    ['itself', EXPLICIT, UIDS.explicit],
  ])('says the same as in %s', (_name, encoding, uid) => {
    const header = parseHeader(writeDataSet(elements(encoding), encoding), uid);
    const written = encodeExplicit(header, new Map());
    expect(written.length % 2).toBe(0);
    expect(toDicomJson(written, UIDS.explicit)).toEqual(expected);
  });

  it('takes changes and leaves out group lengths, pixels and what stands behind them', () => {
    const source = writeDataSet([
      { tag: 0x00080000, vr: 'UL', value: number(4, 4, true) },
      text(0x00080060, 'CS', 'CT'),
      text(0x00080070, 'LO', 'Maker'),
      { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(4) },
      { tag: 0xfffcfffc, vr: 'OB', value: Buffer.alloc(6) },
    ]);
    const changes = new Map([
      [0x00080060, { vr: 'CS', bytes: Buffer.from('MR') }],
      [0x00080070, undefined],
      [0x00100020, { vr: 'LO', bytes: Buffer.from('odd') }],
    ]);
    const written = encodeExplicit(parseHeader(source, UIDS.explicit), changes);
    expect(toDicomJson(written, UIDS.explicit)).toEqual({
      '00080060': { vr: 'CS', Value: ['MR'] },
      '00100020': { vr: 'LO', Value: ['odd'] },
    });
  });

  it('calls UN what is too long for the length of its VR', () => {
    const long = 'x'.repeat(70_000);
    const source = writeDataSet([text(0x00204000, 'LT', long)], IMPLICIT);
    const written = encodeExplicit(parseHeader(source, UIDS.implicit), new Map());
    expect(written.subarray(4, 6).toString()).toBe('UN');
    expect(written.readUInt32LE(8)).toBe(70_000);
  });
});
