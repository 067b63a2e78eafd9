import { createTextDecoder, type DicomTextDecoder } from '../charsets/text-decoder.ts';
import type { DataSet, Element } from './parse-elements.ts';

const SPECIFIC_CHARACTER_SET = 0x00080005;

/** The bytes of an element's value, not copied. */
export function valueBytes(dataSet: DataSet, element: Element): Uint8Array {
  return dataSet.bytes.subarray(element.offset, element.offset + element.length);
}

/** The bytes of a tag's value, or undefined where it is absent. */
export function readBytes(dataSet: DataSet, tag: number): Uint8Array | undefined {
  const element = dataSet.elements.get(tag);
  return element === undefined ? undefined : valueBytes(dataSet, element);
}

/** The decoder that the data set's own SpecificCharacterSet asks for; an item without one has that of its parent. */
export function textDecoderOf(dataSet: DataSet, parent?: DicomTextDecoder): DicomTextDecoder {
  const element = dataSet.elements.get(SPECIFIC_CHARACTER_SET);
  if (element === undefined || element.length === 0) return parent ?? createTextDecoder();
  const text = latin1(valueBytes(dataSet, element));
  return createTextDecoder(text.split('\\').map((term) => term.replaceAll('\u0000', '').trim()));
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The items of a sequence; none where the tag is absent or is no sequence. */
export function itemsOf(dataSet: DataSet, tag: number): readonly DataSet[] {
  return dataSet.elements.get(tag)?.items ?? [];
}

/** Bytes of one value of the binary VRs, and how it is read. */
const BINARY_READERS: Readonly<
  Record<
    string,
    { size: number; read: (view: DataView, at: number, little: boolean) => number | bigint }
  >
> = {
  US: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  SS: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  UL: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  SL: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  UV: { size: 8, read: (view, at, little) => view.getBigUint64(at, little) },
  SV: { size: 8, read: (view, at, little) => view.getBigInt64(at, little) },
  FL: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  FD: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
};

export function isBinaryNumberVr(vr: string): boolean {
  return vr in BINARY_READERS;
}

/** The numbers of an element of VR US, SS, UL, SL, UV, SV, FL or FD; undefined where the length does not fit the VR. */
export function readBinaryNumbers(
  dataSet: DataSet,
  element: Element,
  vr: string,
): (number | bigint)[] | undefined {
  const reader = BINARY_READERS[vr];
  if (reader === undefined || element.length % reader.size !== 0) return undefined;
  const bytes = valueBytes(dataSet, element);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers: (number | bigint)[] = [];
  for (let at = 0; at < bytes.length; at += reader.size) {
    numbers.push(reader.read(view, at, dataSet.littleEndian));
  }
  return numbers;
}

// PS3.5 table 6.2-1: DS has 16 characters, IS 12. Devices write longer ones; the value is what matters.
// Each digit can be matched in one way only: on a long value that fails at its end nothing is tried twice.
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d{1,12}$/;

/** A decimal string as a finite number, else undefined. */
export function parseDecimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** An integer string within 32 bits, else undefined. Some devices write `512.0`, which is taken too. */
export function parseInteger(text: string): number | undefined {
  const plain = text.replace(/\.0*$/, '');
  if (!INTEGER.test(plain)) return undefined;
  const value = Number(plain);
  return Math.abs(value) <= 0x7fffffff ? value : undefined;
}
