/**
 * What the check of structure costs a byte, on a sound CT slice and on what hostile senders make of a data set:
 * `node tests/bench/structure-check.ts`. The fastest of many rounds counts: the machine may be busy.
 */
import { DataSetChecker } from '#dicom/part10/data-set-checker.ts';
import { text, writeDataSet } from '#tests/support/data-set-bytes.ts';
import { STUDY_UID } from '#tests/support/data-set-samples.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const IMPLICIT_LE = '1.2.840.10008.1.2';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const MEGABYTES = 4;

function repeat(hex: string, before = ''): Buffer {
  const piece = Buffer.from(hex, 'hex');
  const fill = Buffer.alloc(MEGABYTES * 1_000_000, piece);
  return Buffer.concat([
    Buffer.from(before, 'hex'),
    fill.subarray(0, fill.length - (fill.length % piece.length)),
  ]);
}

/** Elements of `valueBytes` zeros, from group 0021 on. */
function elements(valueBytes: number, explicit: boolean): Buffer {
  const size = 8 + valueBytes;
  const bytes = Buffer.alloc(Math.floor((MEGABYTES * 1_000_000) / size) * size);
  for (let at = 0, index = 0; at < bytes.length; at += size, index += 1) {
    bytes.writeUInt16LE(0x0021 + (index >>> 16), at);
    bytes.writeUInt16LE(index & 0xffff, at + 2);
    if (explicit) bytes.write('LO', at + 4, 'latin1');
    bytes.writeUInt16LE(valueBytes, explicit ? at + 6 : at + 4);
  }
  return bytes;
}

const header = writeDataSet([
  ...Array.from({ length: 300 }, (_, index) => text(0x00181000 + index, 'LO', `value ${index}`)),
  text(0x0020000d, 'UI', STUDY_UID),
]);
const pixels = writeDataSet([{ tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(512 * 512 * 2) }]);
const CASES: readonly [name: string, syntax: string, bytes: Buffer, chunkBytes: number][] = [
  [
    'CT slice, 300 elements and 512 x 512 pixels',
    EXPLICIT_LE,
    Buffer.concat([header, pixels]),
    65_536,
  ],
  ['its header alone', EXPLICIT_LE, Buffer.from(header), 65_536],
  ['its header, byte by byte', EXPLICIT_LE, Buffer.from(header), 1],
  ['elements of no length, explicit', EXPLICIT_LE, elements(0, true), 65_536],
  ['elements of no length, implicit', IMPLICIT_LE, elements(0, false), 65_536],
  ['elements that may be sequences', IMPLICIT_LE, elements(8, false), 65_536],
  [
    'items of no length',
    EXPLICIT_LE,
    repeat('feff00e000000000', '2100011053510000ffffffff'),
    65_536,
  ],
  [
    'open items of no length',
    EXPLICIT_LE,
    repeat('feff00e0fffffffffeff0de000000000', '2100011053510000ffffffff'),
    65_536,
  ],
  [
    'fragments of no length',
    JPEG_LS,
    repeat('feff00e000000000', 'e07f10004f420000ffffffff'),
    65_536,
  ],
];

for (const [name, syntax, bytes, chunkBytes] of CASES) {
  const rounds = Math.min(500, Math.max(20, Math.round(1e8 / bytes.length)));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const checker = new DataSetChecker(syntax);
    const since = performance.now();
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      // Nothing to wait for: only a deflated data set is checked later.
      void checker.write(bytes.subarray(at, at + chunkBytes));
    }
    best = Math.min(best, performance.now() - since);
  }
  const perByte = ((best * 1e6) / bytes.length).toFixed(2);
  process.stdout.write(
    `${name.padEnd(46)} ${perByte.padStart(7)} ns/byte ${(best * 1000).toFixed(0)} us\n`,
  );
}
