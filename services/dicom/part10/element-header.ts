export const UNDEFINED_LENGTH = 0xffffffff;
export const TAG_ITEM = 0xfffee000;
export const TAG_ITEM_END = 0xfffee00d;
export const TAG_SEQUENCE_END = 0xfffee0dd;
export const TAG_PIXEL_DATA = 0x7fe00010;
export const GROUP_DELIMITERS = 0xfffe;
const GROUP_PIXEL_DATA = 0x7fe0;
/** The longest element header: tag, VR, two reserved bytes, 32-bit length. */
export const MAX_HEADER = 12;

export function readTag(bytes: Buffer, at: number, bigEndian: boolean): number {
  return bigEndian
    ? bytes.readUInt16BE(at) * 0x10000 + bytes.readUInt16BE(at + 2)
    : bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2);
}

export function readLength(bytes: Buffer, at: number, bigEndian: boolean): number {
  return bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
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
