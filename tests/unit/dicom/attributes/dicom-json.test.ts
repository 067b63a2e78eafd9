import { describe, expect, it } from 'vitest';
import { toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { BIG_ENDIAN, IMPLICIT, number, text, writeDataSet } from '#tests/support/data-set-bytes.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const IMPLICIT_UID = '1.2.840.10008.1.2';

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('toDicomJson (PS3.18 annex F)', () => {
  it('gives every VR in its form', () => {
    const double = Buffer.alloc(16);
    double.writeDoubleLE(1.5);
    double.writeDoubleLE(Number.NaN, 8);
    const json = toDicomJson(
      writeDataSet([
        text(0x00080005, 'CS', 'ISO_IR 100'),
        text(0x00080008, 'CS', 'ORIGINAL\\\\AXIAL'),
        text(0x00080018, 'UI', '1.2.3\0'),
        text(0x00080020, 'DA', '20260102'),
        text(0x00081030, 'LO', 'Sch\u00e4del'),
        text(0x00100010, 'PN', 'Adams^John=\u00e9=x'),
        text(0x00100030, 'DA', ''),
        text(0x00181030, 'LO', ' '),
        { tag: 0x0018602c, vr: 'FD', value: double },
        text(0x00200013, 'IS', '7 '),
        text(0x00200032, 'DS', '1.0\\\\x'),
        { tag: 0x00280009, vr: 'AT', value: bytes(0x18, 0, 0x63, 0x10) },
        { tag: 0x00280010, vr: 'US', value: number(512, 2, true) },
        { tag: 0x00281053, vr: 'DS', value: '2.5' },
        { tag: 0x00720083, vr: 'UV', value: bytes(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) },
      ]),
      EXPLICIT_UID,
    );
    expect(json).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00080008': { vr: 'CS', Value: ['ORIGINAL', null, 'AXIAL'] },
      '00080018': { vr: 'UI', Value: ['1.2.3'] },
      '00080020': { vr: 'DA', Value: ['20260102'] },
      '00081030': { vr: 'LO', Value: ['Schädel'] },
      '00100010': {
        vr: 'PN',
        Value: [{ Alphabetic: 'Adams^John', Ideographic: 'é', Phonetic: 'x' }],
      },
      '00100030': { vr: 'DA' },
      '00181030': { vr: 'LO' },
      '0018602C': { vr: 'FD', Value: [1.5, 'NaN'] },
      '00200013': { vr: 'IS', Value: [7] },
      '00200032': { vr: 'DS', Value: [1, null, 'x'] },
      '00280009': { vr: 'AT', Value: ['00181063'] },
      '00280010': { vr: 'US', Value: [512] },
      '00281053': { vr: 'DS', Value: [2.5] },
      '00720083': { vr: 'UV', Value: ['18446744073709551615'] },
    });
  });

  it('gives sequences, private elements and bulk data by reference', () => {
    const big = new Uint8Array(2_000);
    const elements = [
      text(0x00090010, 'LO', 'ACME'),
      { tag: 0x00091001, vr: 'OB', value: bytes(1, 2, 3, 4) },
      { tag: 0x00091002, vr: 'UN', value: big },
      {
        tag: 0x00400275,
        vr: 'SQ',
        value: [[text(0x00401003, 'SH', 'STAT')], [{ tag: 0x00091002, vr: 'OB', value: big }]],
      },
      { tag: 0x7fe00010, vr: 'OW', value: big },
    ];
    expect(toDicomJson(writeDataSet(elements), EXPLICIT_UID, { bulkDataUri: '/i/1' })).toEqual({
      '00090010': { vr: 'LO', Value: ['ACME'] },
      '00091001': { vr: 'OB', InlineBinary: 'AQIDBA==' },
      '00091002': { vr: 'UN', BulkDataURI: '/i/1/bulkdata/00091002' },
      '00400275': {
        vr: 'SQ',
        Value: [
          { '00401003': { vr: 'SH', Value: ['STAT'] } },
          { '00091002': { vr: 'OB', BulkDataURI: '/i/1/bulkdata/00400275/2/00091002' } },
        ],
      },
      '7FE00010': { vr: 'OW', BulkDataURI: '/i/1/frames' },
    });
    expect(toDicomJson(writeDataSet(elements), EXPLICIT_UID)['7FE00010']).toEqual({ vr: 'OW' });
  });

  it('finds the VR of implicit elements by the dictionary, and by the sign of the pixels', () => {
    const elements = [
      text(0x00090010, 'LO', 'ACME'),
      { tag: 0x00091001, vr: 'OB', value: bytes(1, 2) },
      { tag: 0x00280103, vr: 'US', value: number(1, 2, true) },
      { tag: 0x00280106, vr: 'SS', value: bytes(0xff, 0xff) },
      { tag: 0x00082112, vr: 'SQ', value: [[text(0x00081150, 'UI', '1.2')]] },
    ].sort((a, b) => a.tag - b.tag);
    expect(toDicomJson(writeDataSet(elements, IMPLICIT), IMPLICIT_UID)).toEqual({
      '00082112': { vr: 'SQ', Value: [{ '00081150': { vr: 'UI', Value: ['1.2'] } }] },
      '00090010': { vr: 'LO', Value: ['ACME'] },
      '00091001': { vr: 'UN', InlineBinary: 'AQI=' },
      '00280103': { vr: 'US', Value: [1] },
      '00280106': { vr: 'SS', Value: [-1] },
    });
  });

  it('gives inline binary in little endian whatever the object has', () => {
    const json = toDicomJson(
      writeDataSet([{ tag: 0x00281201, vr: 'OW', value: bytes(1, 2, 3, 4) }], BIG_ENDIAN),
      '1.2.840.10008.1.2.2',
    );
    expect(json['00281201']?.InlineBinary).toBe(Buffer.from([2, 1, 4, 3]).toString('base64'));
  });

  it('decodes an item by its own character set, and by that of its parent without one', () => {
    const item = [text(0x00080104, 'LO', '\u00e9')];
    const greek = [text(0x00080005, 'CS', 'ISO_IR 126'), text(0x00080104, 'LO', '\u00c4')];
    const json = toDicomJson(
      writeDataSet([
        text(0x00080005, 'CS', 'ISO_IR 100'),
        { tag: 0x00082112, vr: 'SQ', value: [item, greek] },
      ]),
      EXPLICIT_UID,
    );
    expect(json['00082112']?.Value).toMatchObject([
      { '00080104': { Value: ['é'] } },
      { '00080104': { Value: ['Δ'] } },
    ]);
  });
});
