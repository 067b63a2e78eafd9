export const UNDEFINED_LENGTH = 0xffffffff;
export const TAG_ITEM = 0xfffee000;
export const TAG_ITEM_END = 0xfffee00d;
export const TAG_SEQUENCE_END = 0xfffee0dd;
export const TAG_PIXEL_DATA = 0x7fe00010;
export const GROUP_DELIMITERS = 0xfffe;
const GROUP_PIXEL_DATA = 0x7fe0;
/** The longest element header: tag, VR, two reserved bytes, 32-bit length. */
export const MAX_HEADER = 12;

/** Reads two bytes; Buffer's own readers judge their arguments anew each time, which counts on the hot path. */
export function readShort(bytes: Buffer, at: number, bigEndian: boolean): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  return bigEndian ? (first << 8) | second : first | (second << 8);
}

export function readTag(bytes: Buffer, at: number, bigEndian: boolean): number {
  return readShort(bytes, at, bigEndian) * 0x10000 + readShort(bytes, at + 2, bigEndian);
}

export function readLength(bytes: Buffer, at: number, bigEndian: boolean): number {
  const first = readShort(bytes, at, bigEndian);
  const second = readShort(bytes, at + 2, bigEndian);
  return bigEndian ? first * 0x10000 + second : first + second * 0x10000;
}

/** Pixel, overlay, waveform and lookup values: their first samples may look like an item. */
export function holdsBinary(tag: number): boolean {
  const group = tag >>> 16;
  return (
    group === GROUP_PIXEL_DATA ||
    (group >= 0x6000 && group <= 0x60ff) ||
    group === 0x5400 ||
    tag === 0x00283006 ||
    (tag >= 0x00281201 && tag <= 0x00281223)
  );
}

/** Pixel Data (7FE0,0010), Float (7FE0,0008) or Double Float Pixel Data (7FE0,0009). */
export function isPixelData(tag: number): boolean {
  return tag >>> 16 === GROUP_PIXEL_DATA && (tag & 0xffff) >= 0x0008;
}
