import { RadTriageError } from '#core/errors.ts';

/** An item of an A-ASSOCIATE PDU (PS3.8 9.3.2): type, reserved byte, length, body. */
export function encodeItem(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

export function encodeTextItem(type: number, text: string): Buffer {
  return encodeItem(type, Buffer.from(text, 'latin1'));
}

/** @throws RadTriageError ASSOCIATION_FAILED when the body is not made of items. */
export function* readItems(body: Buffer): Generator<{ type: number; value: Buffer }> {
  let offset = 0;
  while (offset < body.length) {
    if (offset + 4 > body.length) throw malformed('an item is cut off');
    const end = offset + 4 + body.readUInt16BE(offset + 2);
    if (end > body.length) throw malformed('an item reaches beyond its end');
    yield { type: body.readUInt8(offset), value: body.subarray(offset + 4, end) };
    offset = end;
  }
}

/** Titles and names reach logs and lookups: characters that are not printable ASCII are shown as question marks. */
export function printable(value: Buffer): string {
  return value
    .toString('latin1')
    .replace(/\0+$/, '')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();
}

export function malformed(what: string): RadTriageError {
  return new RadTriageError('ASSOCIATION_FAILED', `malformed A-ASSOCIATE PDU: ${what}`);
}
