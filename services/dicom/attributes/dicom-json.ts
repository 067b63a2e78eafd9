import { RadTriageError } from '#core/errors.ts';
import type { DicomTextDecoder } from '../charsets/text-decoder.ts';
import { findEntry, formatTag, isPrivateTag } from './dictionary.ts';
import {
  isBinaryNumberVr,
  itemsOf,
  latin1,
  parseDecimal,
  parseInteger,
  readBinaryNumbers,
  textDecoderOf,
  valueBytes,
} from './element-values.ts';
import { type DataSet, type Element, parseHeader } from './parse-elements.ts';

/** One alphabetic, ideographic and phonetic spelling of a name (PS3.18 F.2.2). */
interface JsonPersonName {
  Alphabetic?: string;
  Ideographic?: string;
  Phonetic?: string;
}

export type JsonValue = string | number | null | JsonPersonName | DicomJson;

export interface JsonElement {
  vr: string;
  Value?: JsonValue[];
  BulkDataURI?: string;
  InlineBinary?: string;
}

/** By tag in eight upper-case hexadecimal digits, ascending. */
export interface DicomJson {
  [tag: string]: JsonElement;
}

export interface JsonOptions {
  /**
   * Where the bulk data of the instance is served from: PixelData becomes `<bulkDataUri>/frames`, any other large
   * binary `<bulkDataUri>/bulkdata/<path>`, where the path holds the tag, and before it `<sequence tag>/<item>/` for
   * each sequence around it. Without it large binaries are left out but for their VR.
   */
  readonly bulkDataUri?: string;
  /** Binary values up to this many bytes are given inline in base 64. */
  readonly maxInlineBytes?: number;
}

const PIXEL_DATA = 0x7fe00010;
const SPECIFIC_CHARACTER_SET = 0x00080005;
const PIXEL_REPRESENTATION = 0x00280103;
const DEFAULT_MAX_INLINE = 1024;
const BINARY_VRS = new Set('OB OD OF OL OV OW UN'.split(' '));
const UTF8_TERM = 'ISO_IR 192';

/**
 * The data set in the DICOM JSON model (PS3.18 annex F), for WADO-RS metadata. All VRs, sequences and private elements
 * are covered. Text is decoded, so SpecificCharacterSet is given as ISO_IR 192. A decimal or integer string that is no
 * number is given as the string that it is (F.2.2 lets clients take either). Group lengths are dropped: they are
 * wrong for any other encoding.
 * @throws RadTriageError as parseHeader does
 */
export function toDicomJson(
  dataSet: Uint8Array,
  transferSyntaxUid: string,
  options: JsonOptions = {},
): DicomJson {
  return headerToJson(parseHeader(dataSet, transferSyntaxUid), options);
}

/** The same of a data set already parsed. */
export function headerToJson(header: DataSet, options: JsonOptions): DicomJson {
  return new JsonWriter(header, options).write();
}

class JsonWriter {
  private readonly root: DataSet;
  private readonly options: JsonOptions;

  constructor(root: DataSet, options: JsonOptions) {
    this.root = root;
    this.options = options;
  }

  write(): DicomJson {
    return this.writeDataSet(this.root, { decoder: textDecoderOf(this.root), path: '' });
  }

  private writeDataSet(
    dataSet: DataSet,
    context: { decoder: DicomTextDecoder; path: string },
  ): DicomJson {
    const json: DicomJson = {};
    const isSigned = pixelSign(dataSet) ?? pixelSign(this.root) ?? false;
    for (const tag of [...dataSet.elements.keys()].sort((a, b) => a - b)) {
      const element = dataSet.elements.get(tag);
      if (element === undefined || (tag & 0xffff) === 0) continue;
      const vr = resolveVr(element, isSigned);
      json[formatTag(tag)] = this.writeElement(dataSet, { element, vr, ...context });
    }
    return json;
  }

  private writeElement(
    dataSet: DataSet,
    place: { element: Element; vr: string; decoder: DicomTextDecoder; path: string },
  ): JsonElement {
    const { element, vr, decoder, path } = place;
    if (element.items !== undefined) return this.writeSequence(element, decoder, path);
    if (element.tag === SPECIFIC_CHARACTER_SET) return { vr: 'CS', Value: [UTF8_TERM] };
    const isPixelData = element.tag === PIXEL_DATA && path === '';
    if (element.length === 0 && !isPixelData) return { vr };
    if (BINARY_VRS.has(vr)) return this.writeBinary(dataSet, element, { vr, path, isPixelData });
    const values = readJsonValues(dataSet, element, { vr, decoder });
    if (values === undefined) {
      return this.writeBinary(dataSet, element, { vr: 'UN', path, isPixelData: false });
    }
    return values.length === 0 ? { vr } : { vr, Value: values };
  }

  private writeSequence(element: Element, decoder: DicomTextDecoder, path: string): JsonElement {
    const items = element.items ?? [];
    if (items.length === 0) return { vr: 'SQ' };
    const Value = items.map((item, index) =>
      this.writeDataSet(item, {
        decoder: textDecoderOf(item, decoder),
        path: `${path}${formatTag(element.tag)}/${index + 1}/`,
      }),
    );
    return { vr: 'SQ', Value };
  }

  private writeBinary(
    dataSet: DataSet,
    element: Element,
    { vr, path, isPixelData }: { vr: string; path: string; isPixelData: boolean },
  ): JsonElement {
    const base = this.options.bulkDataUri;
    if (isPixelData) return base === undefined ? { vr } : { vr, BulkDataURI: `${base}/frames` };
    const isSmall = element.length <= (this.options.maxInlineBytes ?? DEFAULT_MAX_INLINE);
    if (isSmall && element.fragments === undefined) {
      return {
        vr,
        InlineBinary: Buffer.from(littleEndianBytes(dataSet, element, vr)).toString('base64'),
      };
    }
    if (base === undefined) return { vr };
    return { vr, BulkDataURI: `${base}/bulkdata/${path}${formatTag(element.tag)}` };
  }
}

/**
 * The bytes that a BulkDataURI of `headerToJson` names, in little endian.
 * @param path what stands behind `/bulkdata/`
 * @throws RadTriageError NOT_FOUND
 */
export function readBulkData(header: DataSet, path: string): Uint8Array {
  const steps = path.split('/');
  const tag = parseTag(steps.pop());
  let dataSet: DataSet | undefined = header;
  for (let index = 0; index < steps.length; index += 2) {
    const items: readonly DataSet[] = itemsOf(dataSet, parseTag(steps[index]));
    dataSet = items[Number(steps[index + 1]) - 1];
    if (dataSet === undefined) throw notFound();
  }
  const element = dataSet.elements.get(tag);
  if (element === undefined || element.items !== undefined || element.cut) throw notFound();
  return littleEndianBytes(dataSet, element, resolveVr(element, false));
}

function parseTag(text: string | undefined): number {
  if (text === undefined || !/^[0-9A-Fa-f]{8}$/.test(text)) throw notFound();
  return Number.parseInt(text, 16);
}

function notFound(): RadTriageError {
  return new RadTriageError('NOT_FOUND', 'the object has no such bulk data');
}

/** True for signed pixel values, undefined where the data set does not say. */
export function pixelSign(dataSet: DataSet): boolean | undefined {
  const element = dataSet.elements.get(PIXEL_REPRESENTATION);
  if (element === undefined) return undefined;
  return readBinaryNumbers(dataSet, element, 'US')?.[0] === 1;
}

/** The VR as written, else by the dictionary; `xs`, `ox` and `lt` are the dictionary's marks for "one of several". */
export function resolveVr(element: Element, isSigned: boolean): string {
  const written = element.vr;
  if (written !== undefined && written !== 'UN') return written;
  if (element.fragments !== undefined) return 'OB';
  if (isPrivateCreator(element.tag)) return 'LO';
  const known = findEntry(element.tag)?.vr;
  // A UN of defined length holds implicit VR, so a known VR may be put back (PS3.5 6.2.2 note 2).
  if (known === undefined || known === 'SQ') return 'UN';
  if (known === 'xs') return isSigned ? 'SS' : 'US';
  if (known === 'up') return 'UL';
  if (known === 'ox' || known === 'lt' || known === 'ow') return 'OW';
  return /^[A-Z]{2}$/.test(known) ? known : 'UN';
}

/** (gggg,0010-00FF) of an odd group: always LO (PS3.5 7.8.1). */
function isPrivateCreator(tag: number): boolean {
  const number = tag & 0xffff;
  return isPrivateTag(tag) && number >= 0x10 && number <= 0xff;
}

function readJsonValues(
  dataSet: DataSet,
  element: Element,
  { vr, decoder }: { vr: string; decoder: DicomTextDecoder },
): JsonValue[] | undefined {
  if (isBinaryNumberVr(vr)) {
    return readBinaryNumbers(dataSet, element, vr)?.map(jsonNumber);
  }
  if (vr === 'AT') return readTags(dataSet, element);
  const bytes = valueBytes(dataSet, element);
  if (vr === 'PN') return decoder.decodeValues(bytes, vr).map(personName);
  if (vr === 'DS' || vr === 'IS') {
    const parse = vr === 'DS' ? parseDecimal : parseInteger;
    return asciiValues(bytes).map((text) => (text === '' ? null : (parse(text) ?? text)));
  }
  if (vr === 'UI') return asciiValues(bytes);
  const values = decoder.decodeValues(bytes, vr).map((text) => (text === '' ? null : text));
  return values.every((value) => value === null) && values.length === 1 ? [] : values;
}

function asciiValues(bytes: Uint8Array): string[] {
  const text = latin1(bytes).replaceAll('\u0000', ' ');
  return text.trim() === '' ? [] : text.split('\\').map((value) => value.trim());
}

/** JSON has no numbers beyond 2^53 exactly, and no NaN or infinity: these are given as strings (PS3.18 F.2.3.1). */
function jsonNumber(value: number | bigint): number | string {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function readTags(dataSet: DataSet, element: Element): string[] | undefined {
  const halves = readBinaryNumbers(dataSet, element, 'US');
  if (halves === undefined || halves.length % 2 !== 0) return undefined;
  const tags: string[] = [];
  for (let index = 0; index < halves.length; index += 2) {
    tags.push(formatTag(Number(halves[index]) * 0x10000 + Number(halves[index + 1])));
  }
  return tags;
}

/** A name with its component groups, parted. */
export function personName(text: string): JsonValue {
  const [alphabetic, ideographic, phonetic] = text.split('=').map((group) => group.trimEnd());
  const name: JsonPersonName = {};
  if (alphabetic) name.Alphabetic = alphabetic;
  if (ideographic) name.Ideographic = ideographic;
  if (phonetic) name.Phonetic = phonetic;
  return Object.keys(name).length === 0 ? null : name;
}

/** Bytes of one word of the binary VRs, which InlineBinary gives in little endian (PS3.18 F.2.7). */
const WORD_SIZES: Readonly<Record<string, number>> = { OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

function littleEndianBytes(dataSet: DataSet, element: Element, vr: string): Uint8Array {
  const bytes = valueBytes(dataSet, element);
  const size = WORD_SIZES[vr];
  if (dataSet.littleEndian || size === undefined || bytes.length % size !== 0) return bytes;
  const swapped = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) {
    const word = at - (at % size);
    swapped[at] = bytes[word + size - 1 - (at % size)] ?? 0;
  }
  return swapped;
}
