import { RadTriageError } from '#core/errors.ts';
import { createTextEncoder, type DicomTextEncoder } from '../charsets/text-encoder.ts';
import { isLongFormVr } from '../part10/value-representations.ts';
import { encodingOf } from './parse-elements.ts';

/** VRs whose values are text (PS3.5 table 6.2-1). */
export type TextVr =
  | ('AE' | 'AS' | 'CS' | 'DA' | 'DS' | 'DT' | 'IS' | 'LO' | 'LT' | 'PN' | 'SH' | 'ST' | 'TM')
  | ('UC' | 'UI' | 'UR' | 'UT');
export type NumberVr = 'AT' | 'FD' | 'FL' | 'SL' | 'SS' | 'UL' | 'US';
export type BytesVr = 'OB' | 'OD' | 'OF' | 'OL' | 'OV' | 'OW' | 'SV' | 'UN' | 'UV';

/** An element to encode; a sequence holds its items. */
export type NewElement =
  | { readonly tag: number; readonly vr: TextVr; readonly value: string | readonly string[] }
  | { readonly tag: number; readonly vr: NumberVr; readonly value: number | readonly number[] }
  | { readonly tag: number; readonly vr: 'SQ'; readonly items: readonly (readonly NewElement[])[] }
  /** A value as it is to stand in the file, numbers in little endian. */
  | {
      readonly tag: number;
      readonly vr: TextVr | NumberVr | BytesVr;
      readonly bytes: Uint8Array;
    };

const ITEM = 0xfffee000;
/** Two bytes hold the length of a short form, and the highest even one is the limit. */
const MAX_SHORT_LENGTH = 0xfffe;

const NUMBERS: Readonly<
  Record<NumberVr, { size: number; write: (bytes: Buffer, value: number, at: number) => void }>
> = {
  AT: {
    size: 4,
    write: (bytes, value, at) => {
      bytes.writeUInt16LE(value >>> 16, at);
      bytes.writeUInt16LE(value & 0xffff, at + 2);
    },
  },
  FD: { size: 8, write: (bytes, value, at) => bytes.writeDoubleLE(value, at) },
  FL: { size: 4, write: (bytes, value, at) => bytes.writeFloatLE(value, at) },
  SL: { size: 4, write: (bytes, value, at) => bytes.writeInt32LE(value, at) },
  SS: { size: 2, write: (bytes, value, at) => bytes.writeInt16LE(value, at) },
  UL: { size: 4, write: (bytes, value, at) => bytes.writeUInt32LE(value, at) },
  US: { size: 2, write: (bytes, value, at) => bytes.writeUInt16LE(value, at) },
};

/**
 * Bytes of a data set of our own: elements in ascending order of tag, sequences and items with their lengths (PS3.5
 * section 7).
 * @param specificCharacterSet in which text is written; the element (0008,0005) is the caller's to give
 * @throws RadTriageError DICOM_UNSUPPORTED for a syntax that is not plain little endian, and for text that the
 *   character set has no place for: see isUnwritable
 */
export function encodeDataSet(
  elements: readonly NewElement[],
  transferSyntaxUid: string,
  specificCharacterSet: readonly string[] = [],
): Buffer {
  const encoding = encodingOf(transferSyntaxUid);
  if (encoding !== 'implicit-le' && encoding !== 'explicit-le') {
    throw new RadTriageError('DICOM_UNSUPPORTED', 'only little endian data sets are written', {
      details: { transferSyntaxUid },
    });
  }
  const encodeText = createTextEncoder(specificCharacterSet);
  return encodeElements(elements, { explicit: encoding === 'explicit-le', encodeText });
}

class UnwritableText extends RadTriageError {}

/** Whether encoding failed for want of a character in the character set: then another one may do. */
export function isUnwritable(error: unknown): boolean {
  return error instanceof UnwritableText;
}

interface Manner {
  readonly explicit: boolean;
  readonly encodeText: DicomTextEncoder;
}

function encodeElements(elements: readonly NewElement[], manner: Manner): Buffer {
  const sorted = elements.toSorted((left, right) => left.tag - right.tag);
  return Buffer.concat(sorted.flatMap((element) => encodeElement(element, manner)));
}

function encodeElement(element: NewElement, manner: Manner): Uint8Array[] {
  const value = encodeValue(element, manner);
  const vr = manner.explicit ? element.vr : '';
  return [elementHeader({ tag: element.tag, vr, length: value.length }), value];
}

function encodeValue(element: NewElement, manner: Manner): Uint8Array {
  if ('items' in element) {
    const items = element.items.flatMap((item) => {
      const body = encodeElements(item, manner);
      return [elementHeader({ tag: ITEM, vr: '', length: body.length }), body];
    });
    return Buffer.concat(items);
  }
  return padToEven(element.vr, 'bytes' in element ? element.bytes : encodeValues(element, manner));
}

function encodeValues(
  element: Extract<NewElement, { value: unknown }>,
  { encodeText }: Manner,
): Buffer {
  const { tag, vr, value } = element;
  if (isNumberVr(vr)) {
    return encodeNumbers(vr, [value].flat().map(Number));
  }
  const bytes = encodeText([value].flat().join('\\'), vr);
  if (bytes === undefined) {
    throw new UnwritableText('DICOM_UNSUPPORTED', 'the character set lacks a character', {
      details: { tag },
    });
  }
  return bytes;
}

/** Values of a binary VR in little endian. */
export function encodeNumbers(vr: NumberVr, numbers: readonly number[]): Buffer {
  const { size, write } = NUMBERS[vr];
  const bytes = Buffer.alloc(numbers.length * size);
  numbers.forEach((number, index) => {
    write(bytes, number, index * size);
  });
  return bytes;
}

export function isNumberVr(vr: string): vr is NumberVr {
  return Object.hasOwn(NUMBERS, vr);
}

/** PS3.5 6.2: NUL for UI and bytes, a space for other text. */
export function padToEven(vr: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const filler = vr === 'UI' || vr === 'UN' || vr.startsWith('O') ? 0x00 : 0x20;
  return Buffer.concat([bytes, Buffer.of(filler)]);
}

/**
 * Tag, VR and length of an element (PS3.5 7.1.2, 7.1.3).
 * @param vr empty for the implicit form, which items have in every syntax
 * @throws RadTriageError DICOM_TOO_LARGE for a length that the VR's form has no room for
 */
export function elementHeader({
  tag,
  vr,
  length,
}: {
  tag: number;
  vr: string;
  length: number;
}): Buffer {
  const isLong = isLongFormVr(vr);
  if (vr !== '' && !isLong && length > MAX_SHORT_LENGTH) {
    throw new RadTriageError('DICOM_TOO_LARGE', 'a value is too long for its VR', {
      details: { tag, vr },
    });
  }
  const bytes = Buffer.alloc(isLong ? 12 : 8);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  if (vr === '') {
    bytes.writeUInt32LE(length, 4);
    return bytes;
  }
  bytes.write(vr, 4, 'latin1');
  if (isLong) bytes.writeUInt32LE(length, 8);
  else bytes.writeUInt16LE(length, 6);
  return bytes;
}
