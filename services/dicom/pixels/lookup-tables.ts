import { itemsOf, readBinaryNumbers, readBytes } from '../attributes/element-values.ts';
import type { DataSet } from '../attributes/parse-elements.ts';

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
const LUT_DESCRIPTOR = 0x00283002;
const LUT_DATA = 0x00283006;
const PALETTE_TAGS = {
  red: { descriptor: 0x00281101, data: 0x00281201 },
  green: { descriptor: 0x00281102, data: 0x00281202 },
  blue: { descriptor: 0x00281103, data: 0x00281203 },
} as const;

/** The table of the first item of ModalityLUTSequence, whose input is signed as the pixels are. */
export function readModalityLut(header: DataSet, signed: boolean): LookupTable | undefined {
  return readFirstItem(header, MODALITY_LUT_SEQUENCE, signed);
}

/** The table of the first item of VOILUTSequence. */
export function readVoiLut(header: DataSet, signed: boolean): LookupTable | undefined {
  return readFirstItem(header, VOI_LUT_SEQUENCE, signed);
}

function readFirstItem(header: DataSet, tag: number, signed: boolean): LookupTable | undefined {
  const [item] = itemsOf(header, tag);
  if (item === undefined) return undefined;
  return readTable(item, { descriptor: LUT_DESCRIPTOR, data: LUT_DATA }, signed);
}

/** The palette of a PALETTE COLOR image; undefined when it is missing or given in segments, which are not read. */
export function readPalette(header: DataSet, signed: boolean): Palette | undefined {
  const red = readTable(header, PALETTE_TAGS.red, signed);
  const green = readTable(header, PALETTE_TAGS.green, signed);
  const blue = readTable(header, PALETTE_TAGS.blue, signed);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return { red, green, blue };
}

/**
 * Reads a table by its descriptor (entries, first value mapped, bits). 0 entries means 65,536. Entries of 8 bits may
 * lie in bytes or in words; the length of the data tells which. A table shorter than its descriptor says is cut to
 * what there is: an index beyond it takes the last entry, as beyond any table.
 */
function readTable(
  dataSet: DataSet,
  tags: { descriptor: number; data: number },
  signed: boolean,
): LookupTable | undefined {
  const element = dataSet.elements.get(tags.descriptor);
  const data = readBytes(dataSet, tags.data);
  if (element === undefined || data === undefined || element.length !== 6) return undefined;
  const [count, first, bits] = readBinaryNumbers(dataSet, element, 'US')?.map(Number) ?? [];
  if (count === undefined || first === undefined || bits === undefined) return undefined;
  const entries = count === 0 ? 65_536 : count;
  const isBytes = bits <= 8 && data.length < entries * 2;
  const available = Math.min(entries, isBytes ? data.length : data.length >>> 1);
  if (available === 0 || bits < 1 || bits > 16) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  // Words of 8-bit entries in OW hold the byte order of the object; so do 8-bit entries packed into words.
  const isSwapped = isBytes && !dataSet.littleEndian;
  const values = Uint16Array.from({ length: available }, (_, index) => {
    if (!isBytes) return view.getUint16(index * 2, dataSet.littleEndian);
    return data[isSwapped ? index ^ 1 : index] ?? 0;
  });
  return { firstMapped: signed ? (first << 16) >> 16 : first, values, bits };
}

/** The entry for a value: values before the table take its first entry, values behind it the last. */
export function lookUp(table: LookupTable, value: number): number {
  const last = table.values.length - 1;
  const index = Math.min(Math.max(value - table.firstMapped, 0), last);
  return table.values[index] ?? 0;
}
