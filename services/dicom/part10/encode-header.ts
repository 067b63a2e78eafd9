import { RadTriageError } from '#core/errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from './implementation.ts';
import { encodeUid, isUid } from './uid.ts';

/** What file meta says of the data set that follows it (PS3.10 section 7.1). */
export interface FileMeta {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** AE title of the sender (0002,0017), up to 16 characters. */
  readonly sendingAe?: string;
}

const GROUP_LENGTH_BYTES = 12;

/**
 * Preamble, prefix and file meta to put before a data set kept as received. The preamble is zeroed: whatever a sender
 * might hide there never reaches a disk (CVE-2019-11687).
 * @returns 128 zero bytes, `DICM`, group 0002 in Explicit VR Little Endian with its group length.
 * @throws RadTriageError DICOM_UID_INVALID
 */
export function encodePart10Header(meta: FileMeta): Buffer {
  for (const uid of [meta.sopClassUid, meta.sopInstanceUid, meta.transferSyntaxUid]) {
    if (!isUid(uid)) {
      throw new RadTriageError('DICOM_UID_INVALID', 'file meta cannot hold an invalid UID');
    }
  }
  const elements = [
    longElement(0x0001, 'OB', Buffer.from([0x00, 0x01])),
    shortElement(0x0002, 'UI', encodeUid(meta.sopClassUid)),
    shortElement(0x0003, 'UI', encodeUid(meta.sopInstanceUid)),
    shortElement(0x0010, 'UI', encodeUid(meta.transferSyntaxUid)),
    shortElement(0x0012, 'UI', encodeUid(IMPLEMENTATION_CLASS_UID)),
    shortElement(0x0013, 'SH', encodeText(IMPLEMENTATION_VERSION_NAME)),
  ];
  const sendingAe = (meta.sendingAe ?? '').replace(/[^\x20-\x5b\x5d-\x7e]/g, '').trim();
  if (sendingAe !== '')
    elements.push(shortElement(0x0017, 'AE', encodeText(sendingAe.slice(0, 16))));
  const body = Buffer.concat(elements);

  const prefix = Buffer.alloc(132 + GROUP_LENGTH_BYTES);
  prefix.write('DICM', 128, 'latin1');
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(body.length);
  shortElement(0x0000, 'UL', groupLength).copy(prefix, 132);
  return Buffer.concat([prefix, body]);
}

function encodeText(text: string): Buffer {
  return Buffer.from(text.length % 2 === 0 ? text : `${text} `, 'latin1');
}

function shortElement(element: number, vr: string, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(element, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt16LE(value.length, 6);
  return Buffer.concat([header, value]);
}

function longElement(element: number, vr: string, value: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(element, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt32LE(value.length, 8);
  return Buffer.concat([header, value]);
}
