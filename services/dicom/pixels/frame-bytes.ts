import { readBytes } from '../attributes/element-values.ts';
import { swapWords } from '../attributes/encode-explicit.ts';
import type { Fragment } from '../attributes/parse-elements.ts';
import { type ByteSource, openByteSource, type PixelSource } from './byte-source.ts';
import { type ImageDescription, undecodable } from './image-description.ts';
import { type LocatedPixels, locatePixels } from './locate-pixels.ts';

const EXTENDED_OFFSET_TABLE = 0x7fe00001;

/** The compressed bytes of one frame, its fragments joined. @param frame from 0 */
export function readEncapsulatedFrame(
  source: ByteSource,
  located: LocatedPixels,
  frame: number,
): Uint8Array {
  const parts = fragmentsOfFrame(source, located, frame);
  const [only, ...others] = parts;
  if (only === undefined) throw undecodable('the frame has no fragments');
  if (others.length === 0) return source.read(only.offset, only.length);
  return Buffer.concat(parts.map((part) => source.read(part.offset, part.length)));
}

/**
 * Whether native YBR_FULL_422 or YBR_PARTIAL_422 is really stored with halved chroma, two bytes a pixel (PS3.3 C.7.6.3.1.2). Writers that
 * expand the chroma but keep the name are told by the length.
 */
export function hasHalvedChroma({ image, value }: LocatedPixels): boolean {
  const isHalved = /^YBR_(FULL|PARTIAL)_422$/.test(image.photometricInterpretation);
  if (!isHalved || image.samplesPerPixel !== 3) return false;
  return (value?.length ?? 0) < fullFrameLength(image) * image.numberOfFrames;
}

/** Bytes, with a fraction for pixels of one bit. */
function fullFrameLength(image: ImageDescription): number {
  return image.rows * image.columns * image.samplesPerPixel * (image.bitsAllocated / 8);
}

/**
 * Where the bytes of a frame lie in the source, in order, when they can be passed on as they are: not so those of big
 * endian objects, and of frames that begin within a byte.
 * @param frame from 0
 */
export function rangesOfFrame(
  source: ByteSource,
  located: LocatedPixels,
  frame: number,
): readonly Fragment[] | undefined {
  if (located.fragments !== undefined) return fragmentsOfFrame(source, located, frame);
  const range = rangeOfNativeFrame(located, frame);
  const isPlain = located.littleEndian || located.wordSize === 1;
  return isPlain && range.bitsBefore === 0 ? [range] : undefined;
}

interface NativeRange extends Fragment {
  /** Of the first byte, for pixels of one bit: how many of its low bits belong to the frame before. */
  readonly bitsBefore: number;
}

/** Where the bytes of one native frame lie in the source. Frames of one bit a pixel follow each other bit by bit. */
function rangeOfNativeFrame(located: LocatedPixels, frame: number): NativeRange {
  const { value, image } = located;
  if (value === undefined) throw undecodable('the pixels are not native');
  const full = fullFrameLength(image);
  const frameLength = hasHalvedChroma(located) ? (full / 3) * 2 : full;
  const begin = frame * frameLength;
  const end = begin + frameLength;
  if (end > value.length) throw undecodable('the pixel data is shorter than stated');
  const first = Math.floor(begin);
  const length = Math.ceil(end) - first;
  return { offset: value.offset + first, length, bitsBefore: (begin - first) * 8 };
}

/**
 * The bytes of one native frame in little endian; pixels of one bit lie eight in a byte, the first in the lowest bit
 * (PS3.5 8.1.1).
 * @param frame from 0
 */
export function readNativeFrame(
  source: ByteSource,
  located: LocatedPixels,
  frame: number,
): Uint8Array {
  const range = rangeOfNativeFrame(located, frame);
  const bytes = readLittleEndian(source, located, range);
  return range.bitsBefore === 0 ? bytes : shiftBits(bytes, range.bitsBefore, located.image);
}

function readLittleEndian(
  source: ByteSource,
  { littleEndian, wordSize, value }: LocatedPixels,
  { offset, length }: Fragment,
): Uint8Array {
  if (littleEndian || wordSize === 1) return source.read(offset, length);
  // Frames of 8-bit pixels with an odd number of them begin and end within words.
  const base = value?.offset ?? 0;
  const before = (offset - base) % wordSize;
  const after = (wordSize - ((before + length) % wordSize)) % wordSize;
  const whole = swapWords(source.read(offset - before, before + length + after), wordSize);
  return whole.subarray(before, before + length);
}

/** Which fragments make up a frame: by a table of offsets, else by count, else by the markers of the codestreams. */
function fragmentsOfFrame(
  source: ByteSource,
  located: LocatedPixels,
  frame: number,
): readonly Fragment[] {
  const [table, ...fragments] = located.fragments ?? [];
  const { numberOfFrames } = located.image;
  if (table === undefined || fragments.length === 0) throw undecodable('no compressed data');
  if (numberOfFrames === 1) return fragments;
  if (fragments.length === numberOfFrames) return fragments.slice(frame, frame + 1);
  const starts =
    startsByTable(fragments, readExtendedTable(located), numberOfFrames) ??
    startsByTable(fragments, readBasicTable(source, table), numberOfFrames) ??
    startsByMarker(source, fragments, numberOfFrames);
  if (starts === undefined) throw undecodable('the fragments cannot be assigned to frames');
  return fragments.slice(starts[frame], starts[frame + 1] ?? fragments.length);
}

function readBasicTable(source: ByteSource, table: Fragment): number[] {
  const bytes = source.read(table.offset, table.length - (table.length % 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
}

/** ExtendedOffsetTable (7FE0,0001): 64-bit offsets, for objects beyond 4 GB (PS3.3 C.7.6.3.1.8). */
function readExtendedTable({ header }: LocatedPixels): number[] {
  const bytes = readBytes(header, EXTENDED_OFFSET_TABLE) ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Math.floor(bytes.length / 8);
  return Array.from({ length }, (_, index) => Number(view.getBigUint64(index * 8, true)));
}

/**
 * Index of the first fragment of each frame. Offsets count from the first item behind the table; a table that does not
 * point at items is not believed.
 */
function startsByTable(
  fragments: readonly Fragment[],
  offsets: readonly number[],
  numberOfFrames: number,
): number[] | undefined {
  if (offsets.length !== numberOfFrames) return undefined;
  const base = (fragments[0]?.offset ?? 0) - 8;
  const byOffset = new Map(fragments.map((part, index) => [part.offset - 8 - base, index]));
  const starts: number[] = [];
  for (const offset of offsets) {
    const start = byOffset.get(offset);
    const isForward = start !== undefined && start > (starts.at(-1) ?? -1);
    if (!isForward) return undefined;
    starts.push(start);
  }
  return starts[0] === 0 ? starts : undefined;
}

/** JPEG and JPEG-LS begin with SOI, JPEG 2000 with SOC and SIZ; entropy-coded bytes cannot hold either. */
function startsByMarker(
  source: ByteSource,
  fragments: readonly Fragment[],
  numberOfFrames: number,
): number[] | undefined {
  const starts: number[] = [];
  fragments.forEach((part, index) => {
    const head = source.read(part.offset, Math.min(part.length, 4));
    const isJpeg = head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
    const isJpeg2000 = head[0] === 0xff && head[1] === 0x4f && head[2] === 0xff && head[3] === 0x51;
    if (isJpeg || isJpeg2000) starts.push(index);
  });
  return starts.length === numberOfFrames && starts[0] === 0 ? starts : undefined;
}

/**
 * The compressed bytes of one frame, for passing on as they are (WADO-RS frames in the stored transfer syntax).
 * @param frame from 0
 * @throws RadTriageError as locatePixels does; PIXELS_UNDECODABLE for native pixels
 */
export function extractEncapsulatedFrame(source: PixelSource, frame: number): Uint8Array {
  using bytes = openByteSource(source);
  const located = locatePixels(bytes, source.transferSyntaxUid, { frame });
  if (located.fragments === undefined) throw undecodable('the pixels are not encapsulated');
  return readEncapsulatedFrame(bytes, located, frame);
}

/**
 * One frame of a native object as explicit little endian bytes, in the object's own planar configuration.
 * @param frame from 0
 * @throws RadTriageError as locatePixels does; PIXELS_UNDECODABLE for encapsulated pixels
 */
export function extractNativeFrame(source: PixelSource, frame: number): Uint8Array {
  using bytes = openByteSource(source);
  const located = locatePixels(bytes, source.transferSyntaxUid, { frame });
  return readNativeFrame(bytes, located, frame);
}

/** Brings a frame that begins within a byte to the beginning of one. */
function shiftBits(bytes: Uint8Array, by: number, image: ImageDescription): Uint8Array {
  const length = Math.ceil(fullFrameLength(image));
  return Uint8Array.from({ length }, (_, index) => {
    const both = (bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8);
    return (both >>> by) & 0xff;
  });
}
