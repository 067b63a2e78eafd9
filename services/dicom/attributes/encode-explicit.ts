import { isLongFormVr } from '../part10/value-representations.ts';
import { pixelSign, resolveVr } from './dicom-json.ts';
import { valueBytes } from './element-values.ts';
import type { DataSet, Element } from './parse-elements.ts';

/** What stands in place of an element that was there; undefined leaves it out. */
export interface NewValue {
  readonly vr: string;
  readonly bytes: Uint8Array;
}

const ITEM = 0xfffee000;
/** Pixel data, and what stands behind it: padding, and signatures that another encoding makes invalid. */
const PIXEL_GROUP = 0x7fe00000;
const SHORT_FORM_LIMIT = 0xfffe;
/** Bytes of one word, to be turned round in big endian. */
const WORD_SIZES: Readonly<Record<string, number>> = {
  ...{ US: 2, SS: 2, AT: 2, OW: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4 },
  ...{ FD: 8, OD: 8, OV: 8, SV: 8, UV: 8 },
};

/**
 * A data set up to its pixel data in Explicit VR Little Endian (PS3.5 A.2), whatever it was written in. Values keep
 * their bytes but for their order. Group lengths are left out: they are wrong for any other encoding.
 * @param changes by tag, for the topmost level
 */
export function encodeExplicit(
  dataSet: DataSet,
  changes: ReadonlyMap<number, NewValue | undefined>,
): Buffer {
  return Buffer.concat(new ExplicitWriter(dataSet).write(dataSet, changes));
}

/** An element's tag, VR and length in Explicit VR Little Endian. */
export function explicitHeader(tag: number, vr: string, length: number): Buffer {
  const isLong = isLongFormVr(vr);
  const header = Buffer.alloc(isLong ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  if (isLong) header.writeUInt32LE(length, 8);
  else header.writeUInt16LE(length, 6);
  return header;
}

class ExplicitWriter {
  readonly #isSigned: boolean;

  constructor(root: DataSet) {
    this.#isSigned = pixelSign(root) ?? false;
  }

  write(dataSet: DataSet, changes?: ReadonlyMap<number, NewValue | undefined>): Uint8Array[] {
    const tags = new Set([...dataSet.elements.keys(), ...(changes?.keys() ?? [])]);
    const ofTop = changes !== undefined;
    const parts: Uint8Array[] = [];
    for (const tag of [...tags].sort((a, b) => a - b)) {
      if ((tag & 0xffff) === 0 || (ofTop && tag >= PIXEL_GROUP)) continue;
      if (changes?.has(tag)) {
        const change = changes.get(tag);
        if (change !== undefined) parts.push(...this.#writeValue(tag, change.vr, change.bytes));
        continue;
      }
      const element = dataSet.elements.get(tag);
      if (element !== undefined) parts.push(...this.#writeElement(dataSet, element));
    }
    return parts;
  }

  #writeElement(dataSet: DataSet, element: Element): Uint8Array[] {
    if (element.items !== undefined) return this.#writeSequence(element);
    // An icon with encapsulated pixels: compressed pixels have no place in this syntax, and it is only an icon.
    if (element.fragments !== undefined) return [];
    const vr = resolveVr(element, pixelSign(dataSet) ?? this.#isSigned);
    return this.#writeValue(element.tag, vr, inLittleEndian(dataSet, element, vr));
  }

  #writeValue(tag: number, vr: string, bytes: Uint8Array): Uint8Array[] {
    // PS3.18 8.7.3.4 note 3: what is too long for the length field of its VR becomes UN.
    const fits = isLongFormVr(vr) || bytes.length <= SHORT_FORM_LIMIT;
    const isOdd = bytes.length % 2 === 1;
    const head = explicitHeader(tag, fits ? vr : 'UN', bytes.length + (isOdd ? 1 : 0));
    return isOdd ? [head, bytes, Buffer.from([isText(vr) ? 0x20 : 0])] : [head, bytes];
  }

  #writeSequence(element: Element): Uint8Array[] {
    const items = (element.items ?? []).flatMap((item) => {
      const body = Buffer.concat(this.write(item));
      const head = Buffer.alloc(8);
      head.writeUInt16LE(ITEM >>> 16, 0);
      head.writeUInt16LE(ITEM & 0xffff, 2);
      head.writeUInt32LE(body.length, 4);
      return [head, body];
    });
    const length = items.reduce((sum, part) => sum + part.length, 0);
    return [explicitHeader(element.tag, 'SQ', length), ...items];
  }
}

function isText(vr: string): boolean {
  return vr !== 'UI' && WORD_SIZES[vr] === undefined && vr !== 'OB' && vr !== 'UN';
}

function inLittleEndian(dataSet: DataSet, element: Element, vr: string): Uint8Array {
  const bytes = valueBytes(dataSet, element);
  const size = WORD_SIZES[vr];
  if (dataSet.littleEndian || size === undefined || bytes.length % size !== 0) return bytes;
  return swapWords(bytes, size);
}

/** A copy with the bytes of each word reversed. */
export function swapWords(bytes: Uint8Array, size: number): Uint8Array {
  const swapped = Buffer.from(bytes);
  if (size === 2) return swapped.swap16();
  if (size === 4) return swapped.swap32();
  return size === 8 ? swapped.swap64() : swapped;
}
