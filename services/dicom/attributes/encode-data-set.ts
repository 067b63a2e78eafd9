import { RadTriageError } from '#core/errors.ts';
import { encodeUid } from '../part10/uid.ts';
import { encodingOf } from './parse-elements.ts';

/** An element to encode; a sequence holds its items. */
export type NewElement =
  | { readonly tag: number; readonly vr: 'UI'; readonly value: string }
  | { readonly tag: number; readonly vr: 'US'; readonly value: number }
  | { readonly tag: number; readonly vr: 'SQ'; readonly items: readonly (readonly NewElement[])[] };

const ITEM = 0xfffee000;

/**
 * Bytes of a small data set of our own, such as the information of an event report; elements in ascending order of
 * tag, sequences and items with their lengths (PS3.5 section 7).
 * @throws RadTriageError DICOM_UNSUPPORTED for a syntax that is not plain little endian
 */
export function encodeDataSet(elements: readonly NewElement[], transferSyntaxUid: string): Buffer {
  const encoding = encodingOf(transferSyntaxUid);
  if (encoding !== 'implicit-le' && encoding !== 'explicit-le') {
    throw new RadTriageError('DICOM_UNSUPPORTED', 'only little endian data sets are written', {
      details: { transferSyntaxUid },
    });
  }
  return encodeElements(elements, encoding === 'explicit-le');
}

function encodeElements(elements: readonly NewElement[], explicit: boolean): Buffer {
  const sorted = [...elements].sort((left, right) => left.tag - right.tag);
  return Buffer.concat(sorted.flatMap((element) => encodeElement(element, explicit)));
}

function encodeElement(element: NewElement, explicit: boolean): Buffer[] {
  const value = encodeValue(element, explicit);
  return [
    header({ tag: element.tag, vr: explicit ? element.vr : '', length: value.length }),
    value,
  ];
}

function encodeValue(element: NewElement, explicit: boolean): Buffer {
  if (element.vr === 'UI') return encodeUid(element.value);
  if (element.vr === 'US') {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(element.value);
    return bytes;
  }
  const items = element.items.flatMap((item) => {
    const body = encodeElements(item, explicit);
    return [header({ tag: ITEM, vr: '', length: body.length }), body];
  });
  return Buffer.concat(items);
}

/** Without a VR the implicit form, which items have in every syntax. */
function header({ tag, vr, length }: { tag: number; vr: string; length: number }): Buffer {
  const bytes = Buffer.alloc(vr === 'SQ' ? 12 : 8);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  if (vr === '') {
    bytes.writeUInt32LE(length, 4);
    return bytes;
  }
  bytes.write(vr, 4, 'latin1');
  if (vr === 'SQ') bytes.writeUInt32LE(length, 8);
  else bytes.writeUInt16LE(length, 6);
  return bytes;
}
