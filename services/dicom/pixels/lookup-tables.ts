import { itemsOf, readBinaryNumbers, readBytes } from '../attributes/element-values.ts';
import { functionalGroupsOf } from '../attributes/functional-groups.ts';
import type { DataSet } from '../attributes/parse-elements.ts';
import { expandSegments } from './segmented-table.ts';

/** A table of PS3.3 C.11.1.1: input value `firstMapped + index` becomes `values[index]`. */
export interface LookupTable {
  readonly firstMapped: number;
  readonly values: Uint16Array<ArrayBuffer>;
  /** Bits of an entry. */
  readonly bits: number;
}

/** Red, green and blue of PALETTE COLOR, of `bits` each. */
export interface Palette {
  readonly red: LookupTable;
  readonly green: LookupTable;
  readonly blue: LookupTable;
}

const MODALITY_LUT_SEQUENCE = 0x00283000;
const VOI_LUT_SEQUENCE = 0x00283010;
const FRAME_VOI_LUT_SEQUENCE = 0x00289132;
const LUT_DESCRIPTOR = 0x00283002;
const LUT_DATA = 0x00283006;
const PALETTE_TAGS = {
  red: { descriptor: 0x00281101, data: 0x00281201, segments: 0x00281221 },
  green: { descriptor: 0x00281102, data: 0x00281202, segments: 0x00281222 },
  blue: { descriptor: 0x00281103, data: 0x00281203, segments: 0x00281223 },
} as const;

/** The table of the first item of ModalityLUTSequence, whose input is signed as the pixels are. */
export function readModalityLut(header: DataSet, signed: boolean): LookupTable | undefined {
  return readFirstItem(header, MODALITY_LUT_SEQUENCE, signed);
}

/**
 * The table of the first item of VOILUTSequence; that of the frame's own functional group where there is one (PS3.3
 * C.7.6.16.2.10).
 * @param takesNegative whether modality values may be negative: the first mapped value is signed then, whatever a
 *   writer that could not know called it (C.11.2.1.1)
 */
export function readVoiLut(
  header: DataSet,
  { frame, takesNegative }: { frame: number; takesNegative: boolean },
): LookupTable | undefined {
  const inGroups = functionalGroupsOf(header, frame).flatMap((group) =>
    itemsOf(group, FRAME_VOI_LUT_SEQUENCE),
  );
  const [holder = header] = inGroups;
  const [item] = itemsOf(holder, VOI_LUT_SEQUENCE);
  if (item === undefined) return undefined;
  const isStatedSigned = item.elements.get(LUT_DESCRIPTOR)?.vr === 'SS';
  return readTable(item, LUT_TAGS, takesNegative || isStatedSigned);
}

function readFirstItem(header: DataSet, tag: number, signed: boolean): LookupTable | undefined {
  const [item] = itemsOf(header, tag);
  return item === undefined ? undefined : readTable(item, LUT_TAGS, signed);
}

/** The palette of a PALETTE COLOR image, in full or in segments; undefined when it is missing or broken. */
export function readPalette(header: DataSet, signed: boolean): Palette | undefined {
  const red = readTable(header, PALETTE_TAGS.red, signed);
  const green = readTable(header, PALETTE_TAGS.green, signed);
  const blue = readTable(header, PALETTE_TAGS.blue, signed);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return { red, green, blue };
}

interface TableTags {
  readonly descriptor: number;
  readonly data: number;
  readonly segments?: number;
}

const LUT_TAGS: TableTags = { descriptor: LUT_DESCRIPTOR, data: LUT_DATA };

/** Reads a table by its descriptor (entries, first value mapped, bits). 0 entries means 65,536. */
function readTable(dataSet: DataSet, tags: TableTags, signed: boolean): LookupTable | undefined {
  const element = dataSet.elements.get(tags.descriptor);
  if (element === undefined || element.length !== 6) return undefined;
  const [count, first, bits] = readBinaryNumbers(dataSet, element, 'US')?.map(Number) ?? [];
  if (count === undefined || first === undefined || bits === undefined) return undefined;
  if (bits < 1 || bits > 16) return undefined;
  const form = { entries: count === 0 ? 65_536 : count, bits };
  const data = readBytes(dataSet, tags.data);
  const values =
    data === undefined
      ? expandSegments(readSegments(dataSet, tags, bits), form)
      : readEntries(data, form, dataSet.littleEndian);
  if (values === undefined || values.length === 0) return undefined;
  return { firstMapped: signed ? (first << 16) >> 16 : first, values, bits };
}

/**
 * Entries of 8 bits may lie in bytes or in words; the length of the data tells which. A table shorter than its
 * descriptor says is cut to what there is: an index beyond it takes the last entry, as beyond any table.
 */
function readEntries(
  data: Uint8Array,
  { entries, bits }: { entries: number; bits: number },
  littleEndian: boolean,
): Uint16Array<ArrayBuffer> {
  const isBytes = bits <= 8 && data.length < entries * 2;
  const available = Math.min(entries, isBytes ? data.length : data.length >>> 1);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  // Words of 8-bit entries in OW hold the byte order of the object; so do 8-bit entries packed into words.
  const isSwapped = isBytes && !littleEndian;
  return Uint16Array.from({ length: available }, (_, index) => {
    if (!isBytes) return view.getUint16(index * 2, littleEndian);
    return data[isSwapped ? index ^ 1 : index] ?? 0;
  });
}

/** The elements of a segmented table: bytes for entries of 8 bits, else words (PS3.3 C.7.9.2). */
function readSegments(dataSet: DataSet, tags: TableTags, bits: number): readonly number[] {
  const data = tags.segments === undefined ? undefined : readBytes(dataSet, tags.segments);
  if (data === undefined) return [];
  const { littleEndian } = dataSet;
  if (bits <= 8) return Array.from(data, (byte, at) => (littleEndian ? byte : (data[at ^ 1] ?? 0)));
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const length = data.length >>> 1;
  return Array.from({ length }, (_, index) => view.getUint16(index * 2, littleEndian));
}

/** The entry for a value: values before the table take its first entry, values behind it the last. */
export function lookUp(table: LookupTable, value: number): number {
  const last = table.values.length - 1;
  const index = Math.min(Math.max(value - table.firstMapped, 0), last);
  return table.values[index] ?? 0;
}
