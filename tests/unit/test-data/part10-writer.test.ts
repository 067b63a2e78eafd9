import { describe, expect, it } from 'vitest';
import {
  encodeDataset,
  encodeElement,
  TRANSFER_SYNTAX,
  toElements,
  writePart10,
} from '#test-data/part10-writer.ts';

const hex = (bytes: Buffer) => bytes.toString('hex');

describe('part 10 writer', () => {
  it('writes short and long forms of explicit VR', () => {
    expect(hex(encodeElement({ tag: 0x00280010, vr: 'US', value: 512 }, 'explicit'))).toBe(
      '28001000555302000002',
    );
    const bytes = Buffer.from([1, 2, 3]);
    expect(hex(encodeElement({ tag: 0x7fe00010, vr: 'OW', value: bytes }, 'explicit'))).toBe(
      'e07f10004f5700000400000001020300',
    );
  });

  it('writes implicit VR without the VR', () => {
    expect(hex(encodeElement({ tag: 0x00100020, vr: 'LO', value: 'A1B' }, 'implicit'))).toBe(
      '100020000400000041314220',
    );
  });

  it('pads UIDs with NUL and text with a space, and joins values with backslashes', () => {
    const uid = encodeElement({ tag: 0x0020000d, vr: 'UI', value: '1.2' }, 'explicit');
    expect(uid.subarray(8)).toEqual(Buffer.from('1.2\0'));
    const type = encodeElement({ tag: 0x00080008, vr: 'CS', value: ['A', 'BB'] }, 'explicit');
    expect(type.subarray(8).toString()).toBe('A\\BB');
  });

  it('writes sequences of defined and of undefined length', () => {
    const item = [{ tag: 0x00080100, vr: 'SH', value: 'X1' }];
    const defined = { tag: 0x00082218, vr: 'SQ', value: { items: [item] } };
    expect(hex(encodeElement(defined, 'explicit'))).toBe(
      `08001822535100001200000${'0'}feff00e00a00000008000001534802005831`,
    );
    const open = { tag: 0x00082218, vr: 'SQ', value: { items: [item], undefinedLength: true } };
    expect(hex(encodeElement(open, 'explicit'))).toBe(
      '0800182253510000fffffffffeff00e0ffffffff08000001534802005831feff0de000000000feffdde000000000',
    );
  });

  it('writes fragments, private elements and elements in ascending order', () => {
    const fragments = {
      tag: 0x7fe00010,
      vr: 'OB',
      value: { fragments: [Buffer.alloc(0), Buffer.from('ab')] },
    };
    expect(hex(encodeElement(fragments, 'explicit'))).toBe(
      'e07f10004f420000fffffffffeff00e000000000feff00e0020000006162feffdde000000000',
    );
    const elements = toElements({ PatientID: 'P', Modality: 'CR' }, [
      { tag: 0x00091001, vr: 'LO', value: 'private' },
    ]);
    expect(elements.map((element) => element.tag)).toEqual([0x00080060, 0x00091001, 0x00100020]);
    expect(hex(encodeDataset(elements, 'explicit'))).toContain('090001104c4f');
  });

  it('writes an empty sequence as a sequence', () => {
    const [element] = toElements({ AcquisitionContextSequence: [] });
    expect(element).toEqual({ tag: 0x00400555, vr: 'SQ', value: { items: [] } });
  });

  it('puts preamble, prefix, group length and transfer syntax before the data set', () => {
    const elements = toElements({ SOPClassUID: '1.2.3', SOPInstanceUID: '1.2.4' });
    const file = writePart10(elements, { transferSyntax: TRANSFER_SYNTAX.implicitLittleEndian });
    expect(file.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(file.toString('latin1', 128, 132)).toBe('DICM');
    const groupLength = file.readUInt32LE(140);
    expect(hex(file.subarray(144 + groupLength))).toBe(hex(encodeDataset(elements, 'implicit')));
    expect(file.includes(Buffer.from(`${TRANSFER_SYNTAX.implicitLittleEndian}\0`))).toBe(true);
  });
});
