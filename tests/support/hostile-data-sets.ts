import { deflateRawSync } from 'node:zlib';
import { EXPLICIT, IMPLICIT, text, writeDataSet } from './data-set-bytes.ts';
import { CT_CLASS, fragmentedPixelData, SERIES_UID, STUDY_UID } from './data-set-samples.ts';

export const EXPLICIT_LE = '1.2.840.10008.1.2.1';
export const IMPLICIT_LE = '1.2.840.10008.1.2';
export const DEFLATED_LE = '1.2.840.10008.1.2.1.99';
export const JPEG_LS = '1.2.840.10008.1.2.4.80';
export const HOSTILE_UID = '1.2.3.4.5.6.9';

const DEPTH = 20_000;

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
}

/** What makes any data set acceptable, with room for something hostile in a group after or between. */
function withUids(hostile: Buffer, implicit = false): Buffer {
  const encoding = implicit ? IMPLICIT : EXPLICIT;
  const uids = [
    text(0x00080016, 'UI', CT_CLASS),
    text(0x00080018, 'UI', HOSTILE_UID),
    text(0x0020000d, 'UI', STUDY_UID),
    text(0x0020000e, 'UI', SERIES_UID),
  ];
  return Buffer.concat([writeDataSet(uids, encoding), hostile]);
}

/** Sequences of defined length within each other, innermost last: every level holds the next. */
function deepDefined(header: Buffer, lengthAt: number): Buffer {
  const level = header.length + 8;
  const bytes = Buffer.alloc(DEPTH * level);
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const at = depth * level;
    const left = bytes.length - at - header.length;
    header.copy(bytes, at);
    bytes.writeUInt32LE(left, at + lengthAt);
    hex('feff00e0').copy(bytes, at + header.length);
    bytes.writeUInt32LE(left - 8, at + header.length + 4);
  }
  return bytes;
}

function deepOpen(header: Buffer): Buffer {
  return Buffer.concat(
    Array.from({ length: DEPTH }, () => Buffer.concat([header, hex('feff00e0 ffffffff')])),
  );
}

/** Elements of no length from group 0021 on, in Implicit VR. */
function tinyElements(count: number): Buffer {
  const bytes = Buffer.alloc(count * 8);
  for (let index = 0; index < count; index += 1) {
    bytes.writeUInt16LE(0x0021 + (index >>> 16), index * 8);
    bytes.writeUInt16LE(index & 0xffff, index * 8 + 2);
  }
  return bytes;
}

function manyItems(count: number): Buffer {
  return Buffer.concat([
    hex('2100 0110 5351 0000 ffffffff'),
    Buffer.alloc(count * 8, hex('feff00e000000000')),
    hex('feffdde0 00000000'),
  ]);
}

export interface HostileDataSet {
  readonly name: string;
  readonly transferSyntaxUid: string;
  readonly bytes: () => Buffer;
  /** Status of the C-STORE response; 0 for what is odd and yet sound, and is kept as it came. */
  readonly status: number;
}

function explicit(name: string, status: number, bytes: () => Buffer): HostileDataSet {
  return { name, transferSyntaxUid: EXPLICIT_LE, bytes, status };
}

function implicit(name: string, status: number, bytes: () => Buffer): HostileDataSet {
  return { name, transferSyntaxUid: IMPLICIT_LE, bytes, status };
}

const STRUCTURE = 0xc002;
const TRUNCATED = 0xc001;
const TOO_LARGE = 0xa700;
const UID_INVALID = 0x0117;
const ATTRIBUTE_MISSING = 0xa900;

export const HOSTILE_DATA_SETS: readonly HostileDataSet[] = [
  explicit('20,000 deep, defined lengths', STRUCTURE, () =>
    withUids(deepDefined(hex('0830 4011 5351 0000 00000000'), 8)),
  ),
  explicit('20,000 deep in private tags', STRUCTURE, () =>
    withUids(deepOpen(hex('2100 0110 5351 0000 ffffffff'))),
  ),
  explicit('20,000 deep inside UN of undefined length', STRUCTURE, () =>
    withUids(
      Buffer.concat([
        hex('2100 0110 554e 0000 ffffffff feff00e0 ffffffff'),
        deepOpen(hex('2100 0110 ffffffff')),
      ]),
    ),
  ),
  implicit('20,000 deep, implicit and open', STRUCTURE, () =>
    withUids(deepOpen(hex('2100 0110 ffffffff')), true),
  ),
  implicit('20,000 deep, implicit, defined lengths', STRUCTURE, () =>
    withUids(deepDefined(hex('2100 0110 00000000'), 4), true),
  ),
  implicit('half a million elements of no length', 0, () => withUids(tinyElements(500_000), true)),
  explicit('five million items of no length', TOO_LARGE, () => withUids(manyItems(5_000_000))),
  {
    name: 'five million items of no length in a few kilobytes, deflated',
    transferSyntaxUid: DEFLATED_LE,
    bytes: () => deflateRawSync(withUids(manyItems(5_000_000))),
    status: TOO_LARGE,
  },
  {
    name: 'a deflated stream that is cut',
    transferSyntaxUid: DEFLATED_LE,
    bytes: () => deflateRawSync(withUids(tinyElements(100))).subarray(0, 60),
    status: TRUNCATED,
  },
  {
    name: 'a deflated stream that is none',
    transferSyntaxUid: DEFLATED_LE,
    bytes: () => withUids(Buffer.alloc(0)),
    status: STRUCTURE,
  },
  explicit('an element header that claims four gigabytes', TRUNCATED, () =>
    withUids(hex('2100 0110 4f42 0000 feffffff')),
  ),
  explicit('the same tag twice', STRUCTURE, () =>
    withUids(hex('2100 1000 4c4f 0000', '2100 1000 4c4f 0000')),
  ),
  explicit('a group length that lies', 0, () =>
    withUids(hex('2100 0000 554c 0400 ffffff7f', '2100 1000 4c4f 0200 4141')),
  ),
  explicit('a group length of no number', 0, () => withUids(hex('2100 0000 4c4f 0200 4141'))),
  explicit('values of odd length', 0, () => withUids(hex('2100 1000 4c4f 0300 414141'))),
  explicit('file meta in the data set', STRUCTURE, () =>
    Buffer.concat([hex('0200 1000 5549 0200 3100'), withUids(Buffer.alloc(0))]),
  ),
  explicit('a command set in the data set', STRUCTURE, () =>
    Buffer.concat([hex('0000 0001 5553 0200 0100'), withUids(Buffer.alloc(0))]),
  ),
  explicit('group FFFF', STRUCTURE, () => withUids(hex('ffff 1000 4c4f 0000'))),
  explicit('an undefined length where none may be', STRUCTURE, () =>
    withUids(hex('2100 1000 5554 0000 ffffffff')),
  ),
  explicit('fragments in a native syntax', STRUCTURE, () =>
    withUids(fragmentedPixelData([Buffer.alloc(0), Buffer.alloc(8)])),
  ),
  {
    name: 'fragments without end',
    transferSyntaxUid: JPEG_LS,
    bytes: () => withUids(fragmentedPixelData([Buffer.alloc(0), Buffer.alloc(8)], false)),
    status: TRUNCATED,
  },
  {
    name: 'five million fragments of no length',
    transferSyntaxUid: JPEG_LS,
    bytes: () =>
      withUids(
        Buffer.concat([
          hex('e07f 1000 4f42 0000 ffffffff'),
          Buffer.alloc(40_000_000, hex('feff00e000000000')),
        ]),
      ),
    status: TOO_LARGE,
  },
  ...[
    ['a study UID with a path in it', '../../../etc/passwd', UID_INVALID],
    ['a study UID with a NUL within', '1.2\0/../3', UID_INVALID],
    ['a study UID of 65 characters', `1.${'2'.repeat(63)}`, UID_INVALID],
    ['a study UID of 70,000 characters', `1.${'2'.repeat(69_998)}`, UID_INVALID],
    ['a study UID of NULs alone', '\0\0\0\0', ATTRIBUTE_MISSING],
    ['a study UID with many NULs behind', `1.2.3${'\0'.repeat(41)}`, 0],
    ['a study UID of dots', '..', UID_INVALID],
    ['a study UID with a line feed', '1.2.3\n', UID_INVALID],
  ].map(
    ([name, uid, status]): HostileDataSet =>
      explicit(String(name), Number(status), () =>
        Buffer.from(
          writeDataSet([
            text(0x00080016, 'UI', CT_CLASS),
            text(0x00080018, 'UI', HOSTILE_UID),
            text(0x0020000d, String(uid).length > 65_535 ? 'UT' : 'UI', String(uid)),
            text(0x0020000e, 'UI', SERIES_UID),
          ]),
        ),
      ),
  ),
];
