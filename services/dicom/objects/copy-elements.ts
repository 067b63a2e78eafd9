import { findEntry, isPrivateTag } from '../attributes/dictionary.ts';
import {
  isBinaryNumberVr,
  latin1,
  readBinaryNumbers,
  readBytes,
  textDecoderOf,
  valueBytes,
} from '../attributes/element-values.ts';
import {
  type BytesVr,
  isNumberVr,
  type NewElement,
  type NumberVr,
  type TextVr,
} from '../attributes/encode-data-set.ts';
import type { DataSet, Element } from '../attributes/parse-elements.ts';
import { type DicomTextDecoder, EXTENDED_VRS } from '../charsets/text-decoder.ts';
import { isLongFormVr, isValueRepresentation } from '../part10/value-representations.ts';

const SPECIFIC_CHARACTER_SET = 0x00080005;
const UTF_8 = 'ISO_IR 192';
const MAX_SHORT_LENGTH = 0xfffe;

/**
 * Takes elements of a source image over into a new object. `keep` copies the bytes of texts as they are: the new object
 * then has the source's SpecificCharacterSet. `utf-8` decodes them to be written anew.
 */
export class ElementCopier {
  /** The values of (0008,0005) that the new object is to have; none when it has no such element. */
  readonly characterSet: readonly string[];
  readonly #source: DataSet;
  readonly #decoder: DicomTextDecoder;
  readonly #keeps: boolean;

  constructor(source: DataSet, manner: 'keep' | 'utf-8') {
    this.#source = source;
    this.#decoder = textDecoderOf(source);
    this.#keeps = manner === 'keep';
    this.characterSet = this.#keeps ? characterSetOf(source) : [UTF_8];
  }

  /** The elements of these tags that the source has at its top level. */
  copy(tags: readonly number[]): NewElement[] {
    return this.copyFrom(this.#source, tags);
  }

  /** The same of an item of one of the source's sequences. */
  copyFrom(item: DataSet, tags: readonly number[]): NewElement[] {
    return tags.flatMap((tag) => {
      const element = item.elements.get(tag);
      const decoder = item === this.#source ? this.#decoder : textDecoderOf(item, this.#decoder);
      const copy = element === undefined ? undefined : this.#copyOne(item, element, decoder);
      return copy === undefined ? [] : [copy];
    });
  }

  /** A whole item, but for private elements. */
  copyItem(item: DataSet): NewElement[] {
    return this.copyFrom(item, [...item.elements.keys()]);
  }

  #copyOne(dataSet: DataSet, element: Element, decoder: DicomTextDecoder): NewElement | undefined {
    const { tag, items } = element;
    if (isPrivateTag(tag) || (tag & 0xffff) === 0) return undefined;
    if (tag === SPECIFIC_CHARACTER_SET && !this.#keeps) return undefined;
    if (items !== undefined) {
      return { tag, vr: 'SQ', items: items.map((item) => this.copyItem(item)) };
    }
    const vr = this.#vrOf(element);
    if (vr === undefined || vr === 'SQ' || !isElementVr(vr)) return undefined;
    const bytes = valueBytes(dataSet, element);
    if (!isLongFormVr(vr) && bytes.length > MAX_SHORT_LENGTH) return undefined;
    if (isTextVr(vr)) {
      if (this.#keeps || !EXTENDED_VRS.has(vr)) return { tag, vr, bytes };
      return { tag, vr, value: decoder.decodeValues(bytes, vr) };
    }
    if (dataSet.littleEndian || !isBinaryNumberVr(vr)) return { tag, vr, bytes };
    const numbers = readBinaryNumbers(dataSet, element, vr)?.map(Number);
    return numbers === undefined || !isNumberVr(vr) ? undefined : { tag, vr, value: numbers };
  }

  /** As written, else as in PS3.6; where that gives a choice, by PixelRepresentation, and words for tables. */
  #vrOf({ tag, vr }: Element): string | undefined {
    if (vr !== undefined && vr !== 'UN') return vr;
    const known = findEntry(tag)?.vr;
    if (known === 'xs') {
      const isSigned = readBytes(this.#source, PIXEL_REPRESENTATION)?.[0] === 1;
      return isSigned ? 'SS' : 'US';
    }
    return known === 'lt' || known === 'ox' ? 'OW' : known;
  }
}

const PIXEL_REPRESENTATION = 0x00280103;

/** The values of a data set's SpecificCharacterSet, as it spells them. */
function characterSetOf(source: DataSet): string[] {
  const element = source.elements.get(SPECIFIC_CHARACTER_SET);
  if (element === undefined || element.length === 0) return [];
  const text = latin1(valueBytes(source, element));
  return text.split('\\').map((term) => term.replaceAll('\0', '').trim());
}

const TEXT_VRS = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));

function isElementVr(vr: string): vr is TextVr | NumberVr | BytesVr {
  return isValueRepresentation(vr) && vr !== 'SQ';
}

function isTextVr(vr: string): vr is TextVr {
  return TEXT_VRS.has(vr);
}
