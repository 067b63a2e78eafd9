import { constants, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { isMadeByRadTriage, readAttributes } from '#dicom/attributes/read-attributes.ts';
import {
  BIG_ENDIAN,
  type Encoding,
  EXPLICIT,
  IMPLICIT,
  short,
  type TestElement,
  type TestItem,
  tagBytes,
  text,
  writeDataSet,
} from '#tests/support/data-set-bytes.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const IMPLICIT_UID = '1.2.840.10008.1.2';
const BIG_ENDIAN_UID = '1.2.840.10008.1.2.2';
const DEFLATED_UID = '1.2.840.10008.1.2.1.99';

const UIDS: TestElement[] = [
  text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'),
  text(0x00080018, 'UI', '1.2.3.4'),
  text(0x0020000d, 'UI', '1.2.3'),
  text(0x0020000e, 'UI', '1.2.3.1'),
];

function withElements(...elements: TestElement[]): TestItem {
  return [...UIDS, ...elements].sort((a, b) => a.tag - b.tag);
}

function read(elements: TestItem, uid = EXPLICIT_UID, encoding: Encoding = EXPLICIT) {
  return readAttributes(writeDataSet(elements, encoding), uid);
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  }
  return 'none';
}

/** What a CT slice says, in the given encoding. */
function ctSlice(encoding: Encoding): TestItem {
  return withElements(
    text(0x00080005, 'CS', 'ISO_IR 100'),
    { tag: 0x00100010, vr: 'PN', value: 'M\u00fcller^J\u00f6rg' },
    text(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
    text(0x00200013, 'IS', '12 '),
    text(0x00200032, 'DS', '-1.5\\2.25e1\\ 3'),
    text(0x00281052, 'DS', '-1024'),
    text(0x00281053, 'DS', '1'),
    text(0x00281050, 'DS', '40\\600'),
    text(0x00281051, 'DS', '80\\2800'),
    short(0x00280010, 512, encoding),
    short(0x00280011, 300, encoding),
    { tag: 0x00400275, vr: 'SQ', open: true, value: [[text(0x00401003, 'SH', 'STAT')]] },
    { tag: 0x7fe00010, vr: 'OW', value: new Uint8Array(64) },
  );
}

describe('readAttributes', () => {
  it.each<[string, string, Encoding]>([
    ['explicit little endian', EXPLICIT_UID, EXPLICIT],
    ['implicit little endian', IMPLICIT_UID, IMPLICIT],
    ['explicit big endian', BIG_ENDIAN_UID, BIG_ENDIAN],
  ])('reads the same from %s', (_, uid, encoding) => {
    const attributes = read(ctSlice(encoding), uid, encoding);
    expect(attributes).toEqual({
      transferSyntaxUid: uid,
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: '1.2.3.4',
      studyInstanceUid: '1.2.3',
      seriesInstanceUid: '1.2.3.1',
      specificCharacterSet: ['ISO_IR 100'],
      patientName: 'Müller^Jörg',
      imageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
      instanceNumber: 12,
      imagePositionPatient: [-1.5, 22.5, 3],
      rescaleIntercept: -1024,
      rescaleSlope: 1,
      windowCenter: [40, 600],
      windowWidth: [80, 2800],
      rows: 512,
      columns: 300,
      requestedProcedurePriority: 'STAT',
      contributingEquipment: [],
      problems: [],
    });
  });

  it('reads a deflated data set, whole or cut', () => {
    const filler = {
      tag: 0x7fe00010,
      vr: 'OW',
      value: Buffer.alloc(300_000).map((_, i) => i * 7 + (i >> 8)),
    };
    const plain = writeDataSet([...ctSlice(EXPLICIT).slice(0, -1), filler]);
    const deflated = deflateRawSync(plain);
    expect(readAttributes(deflated, DEFLATED_UID).patientName).toBe('Müller^Jörg');
    expect(readAttributes(deflated.subarray(0, 400), DEFLATED_UID).rows).toBe(512);
  });

  it('reads what a device declares explicit and writes implicit', () => {
    expect(read(ctSlice(IMPLICIT), EXPLICIT_UID, IMPLICIT).rows).toBe(512);
  });

  it('may be cut anywhere from PixelData on, and nowhere before', () => {
    const whole = writeDataSet(ctSlice(EXPLICIT));
    const pixelStart = whole.length - 64 - 12;
    for (let length = 0; length <= whole.length; length += 1) {
      const code = codeOf(() => readAttributes(whole.subarray(0, length), EXPLICIT_UID));
      if (length >= pixelStart + 12 || length === pixelStart) expect(code).toBe('none');
      else expect(['DICOM_TRUNCATED', 'DICOM_ATTRIBUTE_MISSING', 'none']).toContain(code);
      if (length < pixelStart - 200) expect(code).not.toBe('none');
    }
  });

  it('leaves out what is invalid and names it without its value', () => {
    const attributes = read(
      withElements(
        text(0x00080020, 'DA', '20260231'),
        text(0x00080030, 'TM', '256000'),
        text(0x00100030, 'DA', '1950.01.31'),
        text(0x00100040, 'CS', 'male'),
        text(0x00101010, 'AS', '45'),
        text(0x00080201, 'SH', '+9999'),
        text(0x00200011, 'IS', 'seven'),
        text(0x00281053, 'DS', '1e999'),
        text(0x00280030, 'DS', '0.5'),
        text(0x00280008, 'IS', '0'),
        // The known way to an overflow: US sent as UL.
        { tag: 0x00280010, vr: 'UL', value: Buffer.from([0xff, 0xff, 0xff, 0x7f]) },
        short(0x00280011, 0),
        short(0x00280103, 7),
      ),
    );
    expect(attributes.patientBirthDate).toBe('19500131');
    expect(Object.keys(attributes)).not.toEqual(
      expect.arrayContaining(['studyDate', 'rows', 'columns', 'rescaleSlope']),
    );
    expect([...attributes.problems].sort()).toEqual([
      'columns: not allowed',
      'numberOfFrames: not allowed',
      'patientAge: no age',
      'patientSex: not allowed',
      'pixelRepresentation: not allowed',
      'pixelSpacing: not allowed',
      'rescaleSlope: no decimal number',
      'rows: not two bytes',
      'seriesNumber: no integer',
      'studyDate: no date',
      'studyTime: no time',
      'timezoneOffsetFromUtc: no offset',
    ]);
  });

  it.each([
    ['../../etc/passwd', 'DICOM_UID_INVALID'],
    ['1.2.3/4', 'DICOM_UID_INVALID'],
    ['1'.repeat(65), 'DICOM_UID_INVALID'],
    ['', 'DICOM_ATTRIBUTE_MISSING'],
  ])('refuses the UID %j with %s', (uid, code) => {
    const elements = withElements().map((element) =>
      element.tag === 0x00080018 ? text(0x00080018, 'UI', uid) : element,
    );
    expect(codeOf(() => read(elements))).toBe(code);
  });

  it('takes the padding off UIDs', () => {
    const elements = [
      text(0x00080016, 'UI', '1.2\0'),
      text(0x00080018, 'UI', '1.3 '),
      ...UIDS.slice(2),
    ];
    expect(read(elements).sopInstanceUid).toBe('1.3');
  });

  it('reads the functional groups of enhanced multi-frame objects, the frame before the shared', () => {
    const measures = (spacing: string) => ({
      tag: 0x00289110,
      vr: 'SQ',
      value: [[text(0x00280030, 'DS', spacing)]],
    });
    const rescale = {
      tag: 0x00289145,
      vr: 'SQ',
      value: [[text(0x00281052, 'DS', '-1000'), text(0x00281053, 'DS', '2')]],
    };
    const attributes = read([
      ...withElements(),
      { tag: 0x52009229, vr: 'SQ', value: [[measures('1\\1'), rescale]] },
      { tag: 0x52009230, vr: 'SQ', value: [[measures('0.5\\0.5')], [measures('9\\9')]] },
    ]);
    expect(attributes).toMatchObject({
      pixelSpacing: [0.5, 0.5],
      rescaleSlope: 2,
      rescaleIntercept: -1000,
    });
  });

  it('recognises what RadTriage made, also after a PACS put its own name on top', () => {
    const own = read(withElements(text(0x00081090, 'LO', 'RadTriage')));
    const relayed = read(
      withElements(text(0x00081090, 'LO', 'Some PACS'), {
        tag: 0x0018a001,
        vr: 'SQ',
        value: [[text(0x00081090, 'LO', 'RadTriage')]],
      }),
    );
    const other = read(withElements(text(0x00081090, 'LO', 'RadTriage Killer')));
    expect([own, relayed, other].map(isMadeByRadTriage)).toEqual([true, true, false]);
  });
});

describe('hostile structure', () => {
  /** SQ of undefined length within SQ of undefined length, never closed. */
  function nested(depth: number): Uint8Array {
    const level = Buffer.concat([
      tagBytes(0x00082112, true),
      Buffer.from('SQ\0\0\xff\xff\xff\xff', 'latin1'),
      tagBytes(0xfffee000, true),
      Buffer.from('\xff\xff\xff\xff', 'latin1'),
    ]);
    return Buffer.concat([
      writeDataSet(withElements()),
      ...Array.from({ length: depth }, () => level),
    ]);
  }

  it('refuses 20,000 nested sequences instead of running out of stack', () => {
    expect(codeOf(() => readAttributes(nested(20_000), EXPLICIT_UID))).toBe('DICOM_STRUCTURE');
    expect(codeOf(() => readAttributes(nested(10), EXPLICIT_UID))).toBe('DICOM_TRUNCATED');
  });

  it('refuses an element or item that is longer than what holds it', () => {
    const liar = writeDataSet(withElements(text(0x00100020, 'LO', 'abcd')));
    const at = Buffer.from(liar).indexOf('abcd') - 2;
    liar[at] = 0xff;
    liar[at + 1] = 0xff;
    expect(codeOf(() => readAttributes(liar, EXPLICIT_UID))).toBe('DICOM_TRUNCATED');
  });

  it('refuses a data set that inflates without end', () => {
    const header = Buffer.from(
      writeDataSet([...withElements(), { tag: 0x00091001, vr: 'OB', value: new Uint8Array(0) }]),
    );
    header.writeUInt32LE(120 << 20, header.length - 4);
    // Flushed parts of a deflate stream may follow one another.
    const part = (bytes: Uint8Array) =>
      deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH });
    const zeros = part(new Uint8Array(8 << 20));
    const bomb = Buffer.concat([part(header), ...Array.from({ length: 15 }, () => zeros)]);
    expect(bomb.length).toBeLessThan(500_000);
    expect(codeOf(() => readAttributes(bomb, DEFLATED_UID))).toBe('DICOM_TOO_LARGE');
  });

  it('reads the implicit sequence within UN of undefined length (PS3.5 6.2.2)', () => {
    const inner = writeDataSet([text(0x00401003, 'SH', 'HIGH')], IMPLICIT);
    const item = Buffer.concat([
      tagBytes(0x00400275, true),
      Buffer.from('UN\0\0\xff\xff\xff\xff', 'latin1'),
      tagBytes(0xfffee000, true),
      Buffer.from([inner.length, 0, 0, 0]),
      inner,
      tagBytes(0xfffee0dd, true),
      Buffer.alloc(4),
    ]);
    const bytes = Buffer.concat([writeDataSet(withElements()), item]);
    expect(readAttributes(bytes, EXPLICIT_UID).requestedProcedurePriority).toBe('HIGH');
  });

  it.each<[string, TestElement]>([
    ['a number of 60,000 digits', text(0x00281052, 'UT', `${'1'.repeat(60_000)}x`)],
    ['60,000 dots', text(0x00200013, 'UT', '.0'.repeat(30_000))],
    ['names that change their half with each byte', text(0x00100010, 'UT', 'A\xe9'.repeat(30_000))],
    ['60,000 values', text(0x00080008, 'UT', '\\'.repeat(60_000))],
  ])('spends no time on %s', (_, element) => {
    const elements = withElements(text(0x00080005, 'CS', 'ISO_IR 101'), element);
    const bytes = writeDataSet(elements);
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) codeOf(() => readAttributes(bytes, EXPLICIT_UID));
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('leaves out a text that no value representation allows, and names it', () => {
    const long = read(withElements(text(0x00100010, 'UT', 'x'.repeat(4_098))));
    expect(long.patientName).toBeUndefined();
    expect(long.problems).toContain('patientName: too long');
  });

  it('answers any damage with a coded error, quickly', () => {
    const whole = writeDataSet(ctSlice(EXPLICIT));
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const started = performance.now();
    for (let round = 0; round < 3_000; round += 1) {
      const damaged = Uint8Array.from(whole);
      for (let hits = 0; hits <= round % 5; hits += 1) damaged[random(whole.length)] = random(256);
      const uid = [EXPLICIT_UID, IMPLICIT_UID, BIG_ENDIAN_UID, DEFLATED_UID][round % 4] ?? '';
      expect(codeOf(() => readAttributes(damaged, uid))).toMatch(
        /^(DICOM_[A-Z]+_?[A-Z0-9]*|none)$/,
      );
    }
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
