import {
  elementHeader,
  encodeNumbers,
  isNumberVr,
  padToEven,
} from '#dicom/attributes/encode-data-set.ts';
import { DICTIONARY, type Keyword } from './dicom-dictionary.ts';

export const TRANSFER_SYNTAX = {
  implicitLittleEndian: '1.2.840.10008.1.2',
  explicitLittleEndian: '1.2.840.10008.1.2.1',
} as const;

/** What an element holds: text (joined by backslashes), numbers, raw bytes, sequence items or pixel fragments. */
type ElementValue =
  | string
  | number
  | readonly (string | number)[]
  | Buffer
  | { readonly items: readonly (readonly DicomElement[])[]; readonly undefinedLength?: boolean }
  | { readonly fragments: readonly Buffer[] };

export interface DicomElement {
  /** Group and element in one number, for example 0x00100010. */
  readonly tag: number;
  readonly vr: string;
  readonly value: ElementValue;
}

/** Attributes by keyword; a sequence is a list of such objects. A Buffer is written byte for byte. */
export type Attributes = {
  readonly [K in Keyword]?:
    | string
    | number
    | readonly (string | number)[]
    | Buffer
    | readonly Attributes[]
    | undefined;
};

const UNDEFINED_LENGTH = 0xffffffff;

function isAttributesList(value: unknown): value is readonly Attributes[] {
  return (
    Array.isArray(value) &&
    value.every((entry: unknown) => typeof entry === 'object' && entry !== null)
  );
}

/** Turns attributes by keyword into elements in ascending order of tag. */
export function toElements(
  attributes: Attributes,
  extra: readonly DicomElement[] = [],
): DicomElement[] {
  const elements: DicomElement[] = [...extra];
  for (const [keyword, [tag, vr]] of Object.entries(DICTIONARY)) {
    const value = Object.entries(attributes).find(([name]) => name === keyword)?.[1];
    if (value === undefined) continue;
    if (vr === 'SQ') {
      const items = isAttributesList(value) ? value.map((item) => toElements(item)) : [];
      elements.push({ tag, vr, value: { items } });
    } else if (!isAttributesList(value) || value.length === 0) {
      elements.push({ tag, vr, value: isAttributesList(value) ? '' : value });
    }
  }
  return elements.sort((left, right) => left.tag - right.tag);
}

/** Bytes of a data set; elements stand in the order given, so that a test can write them wrongly on purpose. */
export function encodeDataset(
  elements: readonly DicomElement[],
  encoding: 'explicit' | 'implicit' = 'explicit',
): Buffer {
  return Buffer.concat(elements.map((element) => encodeElement(element, encoding)));
}

/** One element, padded to an even length as PS3.5 6.2 says: NUL for UI and bytes, a space for text. */
export function encodeElement(element: DicomElement, encoding: 'explicit' | 'implicit'): Buffer {
  const { tag, vr, value } = element;
  if (typeof value === 'object' && 'fragments' in value) {
    return Buffer.concat([
      header(tag, vr, UNDEFINED_LENGTH, encoding),
      ...value.fragments.flatMap((fragment) => [item(0xfffee000, fragment.length), fragment]),
      item(0xfffee0dd, 0),
    ]);
  }
  if (typeof value === 'object' && 'items' in value) {
    const body = encodeItems(value.items, encoding, value.undefinedLength === true);
    const length = value.undefinedLength === true ? UNDEFINED_LENGTH : body.length;
    return Buffer.concat([header(tag, vr, length, encoding), body]);
  }
  const bytes = padToEven(vr, encodeValue(vr, value));
  return Buffer.concat([header(tag, vr, bytes.length, encoding), bytes]);
}

function encodeItems(
  items: readonly (readonly DicomElement[])[],
  encoding: 'explicit' | 'implicit',
  undefinedLength: boolean,
): Buffer {
  const parts = items.flatMap((elements) => {
    const body = encodeDataset(elements, encoding);
    return undefinedLength
      ? [item(0xfffee000, UNDEFINED_LENGTH), body, item(0xfffee00d, 0)]
      : [item(0xfffee000, body.length), body];
  });
  return Buffer.concat(undefinedLength ? [...parts, item(0xfffee0dd, 0)] : parts);
}

function item(tag: number, length: number): Buffer {
  return elementHeader({ tag, vr: '', length });
}

function header(
  tag: number,
  vr: string,
  length: number,
  encoding: 'explicit' | 'implicit',
): Buffer {
  return elementHeader({ tag, vr: encoding === 'explicit' ? vr : '', length });
}

function encodeValue(vr: string, value: string | number | readonly (string | number)[] | Buffer) {
  if (Buffer.isBuffer(value)) return value;
  const values = typeof value === 'object' ? value : [value];
  // Text is given in the bytes of its character set where it is not ASCII: see charset-encoder.ts.
  if (!isNumberVr(vr)) return Buffer.from(values.join('\\'), 'latin1');
  return encodeNumbers(vr, values.map(Number));
}

export interface Part10Options {
  readonly transferSyntax?: string;
  /** The data set's own bytes when they are not to be made of elements. */
  readonly datasetBytes?: Buffer;
}

/** A whole Part 10 file (PS3.10 7.1): zeroed preamble, DICM, file meta in explicit VR, data set. */
export function writePart10(
  elements: readonly DicomElement[],
  options: Part10Options = {},
): Buffer {
  const transferSyntax = options.transferSyntax ?? TRANSFER_SYNTAX.explicitLittleEndian;
  const meta = encodeDataset([
    { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
    { tag: 0x00020002, vr: 'UI', value: textOf(elements, 0x00080016) },
    { tag: 0x00020003, vr: 'UI', value: textOf(elements, 0x00080018) },
    { tag: 0x00020010, vr: 'UI', value: transferSyntax },
    { tag: 0x00020012, vr: 'UI', value: '2.25.190146791043182537444806132342625375407' },
    { tag: 0x00020013, vr: 'SH', value: 'RADTRIAGE_GEN' },
  ]);
  const groupLength = encodeElement({ tag: 0x00020000, vr: 'UL', value: meta.length }, 'explicit');
  const encoding =
    transferSyntax === TRANSFER_SYNTAX.implicitLittleEndian ? 'implicit' : 'explicit';
  const body = options.datasetBytes ?? encodeDataset(elements, encoding);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), groupLength, meta, body]);
}

function textOf(elements: readonly DicomElement[], tag: number): string {
  const value = elements.find((element) => element.tag === tag)?.value;
  return typeof value === 'string' ? value : '';
}
