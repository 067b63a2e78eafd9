import { RadTriageError } from '#core/errors.ts';
import { findTransferSyntax, type TransferSyntax } from '../part10/transfer-syntaxes.ts';
import { isLongFormVr, isValueRepresentation } from '../part10/value-representations.ts';
import { isSequenceTag } from './dictionary.ts';
import { inflateDataSet } from './inflate.ts';

/**
 * Where the elements of a data set lie in its bytes (PS3.5 section 7). Nothing is copied and no value is read here.
 *
 * Written for hostile input: every length is checked against what surrounds it, sequences may nest MAX_DEPTH deep,
 * and a data set may hold MAX_ELEMENTS elements. Pitfalls met in the field that it allows for: UN of undefined length
 * is implicit VR inside, whatever the transfer syntax (PS3.5 6.2.2 note 4); an unknown two-letter VR has the long
 * length form; an "explicit" data set of some old devices is implicit after all.
 */
export interface DataSet {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly elements: ReadonlyMap<number, Element>;
}

export interface Fragment {
  readonly offset: number;
  readonly length: number;
}

export interface Element {
  /** Group in the upper, element in the lower 16 bits. */
  readonly tag: number;
  /** As written, or undefined where the syntax is implicit. */
  readonly vr: string | undefined;
  /** Of the value, from the start of `DataSet.bytes`. */
  readonly offset: number;
  /** Bytes of the value; for an undefined length, what it turned out to be without the delimiter. */
  readonly length: number;
  /** The items, where the element is a sequence. */
  readonly items?: readonly DataSet[];
  /** Encapsulated pixel data: the offset table comes first (PS3.5 A.4). */
  readonly fragments?: readonly Fragment[];
  /** PixelData whose bytes are not all there: the data set was cut within or before its value. */
  readonly cut?: boolean;
}

const MAX_DEPTH = 64;
const MAX_ELEMENTS = 1_000_000;

const FIRST_BYTES = 64 * 1024;
const MAX_INFLATED_HEADER = 64 * 1024 * 1024;

export const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const PIXEL_DATA_TAGS: ReadonlySet<number> = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010]);

/** How the elements are written; every syntax that is not known here is encapsulated, and explicit little endian. */
export function encodingOf(transferSyntaxUid: string): TransferSyntax['encoding'] {
  return findTransferSyntax(transferSyntaxUid)?.encoding ?? 'explicit-le';
}

/**
 * Finds the elements of a data set without preamble and file meta information. Of a deflated one no more is inflated
 * than it takes to get to PixelData.
 * @param dataSet may be cut anywhere from the start of the PixelData element on
 * @throws RadTriageError DICOM_TRUNCATED, DICOM_STRUCTURE, DICOM_TOO_LARGE
 */
export function parseHeader(dataSet: Uint8Array, transferSyntaxUid: string): DataSet {
  if (encodingOf(transferSyntaxUid) !== 'deflated') {
    return parsePlainHeader(dataSet, transferSyntaxUid);
  }
  return parseGrowing(dataSet.length, transferSyntaxUid, (size) =>
    inflateDataSet(dataSet.subarray(0, size), MAX_INFLATED_HEADER),
  );
}

/**
 * Reads ever more of something until its header is whole: until the pixel data begins, or all has been read. A prefix
 * that parses is not enough, it may end between two elements.
 * @param read the data set, not deflated any more, as far as it comes of the first so many bytes
 * @throws RadTriageError what parseHeader throws, and what `read` does
 */
export function parseGrowing(
  length: number,
  transferSyntaxUid: string,
  read: (size: number) => Uint8Array,
): DataSet {
  for (let size = FIRST_BYTES; ; size *= 8) {
    const isWhole = size >= length;
    const bytes = read(Math.min(size, length));
    try {
      const header = parsePlainHeader(bytes, transferSyntaxUid);
      if (isWhole || hasPixelData(header)) return header;
    } catch (error) {
      const mayBeCut = error instanceof RadTriageError && error.code === 'DICOM_TRUNCATED';
      if (isWhole || !mayBeCut) throw error;
    }
  }
}

/** Whether the header is followed by pixel data of any kind: then nothing of it is missing. */
function hasPixelData(header: DataSet): boolean {
  return [...PIXEL_DATA_TAGS].some((tag) => header.elements.has(tag));
}

/** As parseHeader, of a data set that is not deflated or has been inflated. */
export function parsePlainHeader(bytes: Uint8Array, transferSyntaxUid: string): DataSet {
  const encoding = encodingOf(transferSyntaxUid);
  const littleEndian = encoding !== 'explicit-be';
  const explicit = encoding !== 'implicit-le' && looksExplicit(bytes);
  const walker = new Walker(bytes, littleEndian);
  return walker.readDataSet({ start: 0, limit: bytes.length, explicit, depth: 0 }).dataSet;
}

/** A first element without a VR tells a device that declares explicit VR and writes implicit. */
function looksExplicit(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return true;
  return isVrByte(bytes[4]) && isVrByte(bytes[5]);
}

function isVrByte(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

interface Span {
  readonly start: number;
  readonly limit: number;
  readonly explicit: boolean;
  readonly depth: number;
  /** Ends at an item delimiter rather than at `limit`. */
  readonly delimited?: boolean;
}

interface Header {
  readonly tag: number;
  readonly vr: string | undefined;
  readonly offset: number;
  readonly length: number;
}

class Walker {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly littleEndian: boolean;
  private count = 0;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  readDataSet(span: Span): { dataSet: DataSet; end: number } {
    if (span.depth > MAX_DEPTH) {
      throw new RadTriageError('DICOM_STRUCTURE', `sequences nest deeper than ${MAX_DEPTH}`);
    }
    const elements = new Map<number, Element>();
    const dataSet = { bytes: this.bytes, littleEndian: this.littleEndian, elements };
    let position = span.start;
    while (position < span.limit) {
      if (span.limit - position < 8 && this.onlyZeros(position, span.limit)) break;
      const header = this.readHeader(position, span);
      if (header.tag === ITEM_END) {
        if (span.delimited) return { dataSet, end: header.offset };
        throw structure('an item delimiter without its item', position);
      }
      const { element, end } = this.readElement(header, span);
      if (!elements.has(element.tag)) elements.set(element.tag, element);
      if (element.cut) return { dataSet, end: span.limit };
      position = end;
    }
    if (span.delimited) throw truncated('an item has no end');
    return { dataSet, end: span.limit };
  }

  private onlyZeros(start: number, end: number): boolean {
    return this.bytes.subarray(start, end).every((byte) => byte === 0);
  }

  private readTag(position: number): number {
    const group = this.view.getUint16(position, this.littleEndian);
    return group * 0x10000 + this.view.getUint16(position + 2, this.littleEndian);
  }

  private readHeader(position: number, span: Span): Header {
    if (position + 8 > span.limit) throw truncated('the data set ends within an element header');
    this.count += 1;
    if (this.count > MAX_ELEMENTS) {
      throw new RadTriageError('DICOM_TOO_LARGE', `more than ${MAX_ELEMENTS} elements`);
    }
    const tag = this.readTag(position);
    if (!span.explicit || tag >>> 16 === 0xfffe) {
      const length = this.view.getUint32(position + 4, this.littleEndian);
      return { tag, vr: undefined, offset: position + 8, length };
    }
    const vr = String.fromCharCode(this.bytes[position + 4] ?? 0, this.bytes[position + 5] ?? 0);
    if (isValueRepresentation(vr) && !isLongFormVr(vr)) {
      const length = this.view.getUint16(position + 6, this.littleEndian);
      return { tag, vr, offset: position + 8, length };
    }
    if (!isLongFormVr(vr) && !/^[A-Z]{2}$/.test(vr)) {
      throw structure('an element without a value representation', position);
    }
    if (position + 12 > span.limit) throw truncated('the data set ends within an element header');
    const length = this.view.getUint32(position + 8, this.littleEndian);
    return { tag, vr: isLongFormVr(vr) ? vr : 'UN', offset: position + 12, length };
  }

  private readElement(header: Header, span: Span): { element: Element; end: number } {
    const { tag, vr, offset, length } = header;
    const isPixelData = PIXEL_DATA_TAGS.has(tag) && span.depth === 0;
    if (length === UNDEFINED_LENGTH) {
      if (vr === 'OB' || vr === 'OW' || PIXEL_DATA_TAGS.has(tag)) {
        return this.readFragments(header, { limit: span.limit, mayBeCut: isPixelData });
      }
      if (vr !== undefined && vr !== 'SQ' && vr !== 'UN') {
        throw structure(`undefined length for VR ${vr}`, offset);
      }
      return this.readSequence(header, { ...span, explicit: span.explicit && vr !== 'UN' });
    }
    const end = offset + length;
    if (end > span.limit) {
      if (isPixelData) return { element: { ...header, cut: true }, end };
      throw truncated('an element is longer than what holds it');
    }
    if (vr === 'SQ' || (vr === undefined && isSequenceTag(tag))) {
      return this.readSequence(header, { ...span, limit: end });
    }
    return { element: header, end };
  }

  private readSequence(header: Header, span: Span): { element: Element; end: number } {
    const delimited = header.length === UNDEFINED_LENGTH;
    const items: DataSet[] = [];
    let position = header.offset;
    while (delimited || position < span.limit) {
      if (position + 8 > span.limit) throw truncated('a sequence has no end');
      const tag = this.readTag(position);
      const length = this.view.getUint32(position + 4, this.littleEndian);
      const start = position + 8;
      if (tag === SEQUENCE_END) {
        if (!delimited && start !== span.limit) throw structure('a sequence ends early', position);
        const element = { ...header, vr: 'SQ', length: position - header.offset, items };
        return { element, end: start };
      }
      if (tag !== ITEM) throw structure('a sequence holds something else than items', position);
      const isOpen = length === UNDEFINED_LENGTH;
      const limit = isOpen ? span.limit : start + length;
      if (limit > span.limit) throw truncated('an item is longer than its sequence');
      const { explicit, depth } = span;
      const item = { start, limit, explicit, depth: depth + 1, delimited: isOpen };
      const read = this.readDataSet(item);
      items.push(read.dataSet);
      position = isOpen ? read.end : limit;
    }
    const element = { ...header, vr: 'SQ', length: position - header.offset, items };
    return { element, end: position };
  }

  private readFragments(
    header: Header,
    bounds: { limit: number; mayBeCut: boolean },
  ): { element: Element; end: number } {
    const fragments: Fragment[] = [];
    let position = header.offset;
    for (;;) {
      const isTag = position + 8 <= bounds.limit;
      const length = isTag ? this.view.getUint32(position + 4, this.littleEndian) : 0;
      const tag = isTag ? this.readTag(position) : 0;
      const start = position + 8;
      if (tag === SEQUENCE_END) {
        const element = { ...header, length: position - header.offset, fragments };
        return { element, end: start };
      }
      if (!isTag || (tag === ITEM && start + length > bounds.limit)) {
        if (!bounds.mayBeCut) throw truncated('encapsulated data has no end');
        const element = { ...header, length: position - header.offset, fragments, cut: true };
        return { element, end: bounds.limit };
      }
      if (tag !== ITEM) throw structure('encapsulated data holds something else', position);
      fragments.push({ offset: start, length });
      position = start + length;
    }
  }
}

function truncated(what: string): RadTriageError {
  return new RadTriageError('DICOM_TRUNCATED', what);
}

function structure(what: string, position: number): RadTriageError {
  return new RadTriageError('DICOM_STRUCTURE', what, { details: { position } });
}
