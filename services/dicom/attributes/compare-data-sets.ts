import { findEntry, formatTag, isPrivateTag } from './dictionary.ts';
import { isBinaryNumberVr, readBinaryNumbers, valueBytes } from './element-values.ts';
import type { DataSet, Element } from './parse-elements.ts';

/** What is no statement on the object: group lengths and padding, and the pixels with their offset tables. */
function isLeftOut(tag: number): boolean {
  return (tag & 0xffff) === 0 || tag === 0xfffcfffc || tag >>> 16 === 0x7fe0;
}

/**
 * The tags of the top level whose values differ, pixels left out, in ascending order. Transfer syntaxes may differ:
 * what counts is the value. Text is compared byte for byte without its padding.
 */
export function findDifferences(one: DataSet, other: DataSet): number[] {
  const tags = new Set([...one.elements.keys(), ...other.elements.keys()]);
  return [...tags]
    .filter((tag) => !isLeftOut(tag) && !isSameElement(tag, one, other))
    .sort((a, b) => a - b);
}

/** The keyword of a tag for people: `PatientID`, or `private (0009,1001)`. */
export function nameTag(tag: number): string {
  const hex = formatTag(tag);
  const place = `(${hex.slice(0, 4)},${hex.slice(4)})`;
  if (isPrivateTag(tag)) return `private ${place}`;
  return findEntry(tag)?.keyword ?? place;
}

function isSameElement(tag: number, one: DataSet, other: DataSet): boolean {
  const first = one.elements.get(tag);
  const second = other.elements.get(tag);
  // Absent and empty say the same: nothing.
  if (first === undefined || second === undefined) return isEmpty(first) && isEmpty(second);
  if (first.items !== undefined && second.items !== undefined) {
    const items = second.items;
    return (
      first.items.length === items.length &&
      first.items.every((item, index) => isSameItem(item, items[index]))
    );
  }
  if (one.littleEndian !== other.littleEndian) {
    const vr = first.vr ?? second.vr ?? findEntry(tag)?.vr ?? '';
    if (isBinaryNumberVr(vr)) {
      const numbers = readBinaryNumbers(one, first, vr);
      return numbers !== undefined && `${numbers}` === `${readBinaryNumbers(other, second, vr)}`;
    }
  }
  return Buffer.compare(trimmed(one, first), trimmed(other, second)) === 0;
}

function isSameItem(one: DataSet, other: DataSet | undefined): boolean {
  return other !== undefined && findDifferences(one, other).length === 0;
}

function isEmpty(element: Element | undefined): boolean {
  if (element === undefined) return true;
  return element.items === undefined ? element.length === 0 : element.items.length === 0;
}

/** Padding to an even length is a blank or a NUL (PS3.5 6.2). */
function trimmed(dataSet: DataSet, element: Element): Uint8Array {
  const bytes = valueBytes(dataSet, element);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end -= 1;
  return bytes.subarray(0, end);
}
