import { setImmediate as nextTurn } from 'node:timers/promises';
import { RadTriageError } from '#core/errors.ts';
import {
  encodeExplicit,
  explicitHeader,
  type NewValue,
  swapWords,
} from '../attributes/encode-explicit.ts';
import { encodePart10Header, type FileMeta } from '../part10/encode-header.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../part10/transfer-syntaxes.ts';
import { openByteSource, type PixelSource } from './byte-source.ts';
import { type DecodedFrame, frameToBytes } from './decoded-frame.ts';
import { type LocatedPixels, locatePixels } from './locate-pixels.ts';
import type { PixelDecoder } from './pixel-decoder.ts';
import { readHeader } from './source-header.ts';

/** A Part 10 file that is written while it is read. */
export interface WrittenObject {
  /** Bytes. */
  readonly length: number;
  /** Once; whoever stops early frees everything. */
  chunks(): AsyncGenerator<Uint8Array>;
}

const PIXEL_DATA = 0x7fe00010;
const FLOAT_PIXELS = { integer: PIXEL_DATA, float: 0x7fe00008, double: 0x7fe00009 } as const;
/** The longest value that has a length of its own (PS3.5 7.1.1), even. */
const MAX_VALUE_BYTES = 0xfffffffe;
const CHUNK_BYTES = 256 * 1024;

/**
 * An object in Explicit VR Little Endian, made while it is sent: native pixels are passed through, compressed ones
 * decoded frame by frame in a killable process. Colour becomes RGB, pixel by pixel; all else of the header stays.
 * @throws RadTriageError as locatePixels and PixelDecoder.decode do; PIXELS_TOO_LARGE when the pixels do not fit into
 *   a value of this syntax
 */
export async function transcodeToExplicit(
  source: PixelSource,
  meta: Omit<FileMeta, 'transferSyntaxUid'>,
  decoder: Pick<PixelDecoder, 'decode'>,
): Promise<WrittenObject> {
  const file = encodePart10Header({ ...meta, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN });
  const located = locateOrNothing(source);
  if (located === undefined) {
    const body = encodeExplicit(readHeader(source), new Map());
    return written([file, body], 0, async function* () {});
  }
  if (located.value !== undefined) return passNative(source, located, file);
  const first = await decoder.decode({ ...source, frame: 0 });
  const frameBytes = frameToBytes(first).length;
  const pixelBytes = evenLength(frameBytes * located.image.numberOfFrames);
  checkLength(pixelBytes);
  const body = encodeExplicit(located.header, changesFor(first));
  const element = explicitHeader(PIXEL_DATA, first.bitsAllocated > 8 ? 'OW' : 'OB', pixelBytes);
  return written([file, body, element], pixelBytes, async function* () {
    const { numberOfFrames } = located.image;
    for (let frame = 0; frame < numberOfFrames; frame += 1) {
      const decoded = frame === 0 ? first : await decoder.decode({ ...source, frame });
      const bytes = frameToBytes(decoded);
      if (bytes.length !== frameBytes) {
        throw new RadTriageError('PIXELS_UNDECODABLE', 'the frames are not of one size');
      }
      yield bytes;
    }
    if ((frameBytes * numberOfFrames) % 2 === 1) yield Buffer.alloc(1);
  });
}

function locateOrNothing(source: PixelSource): LocatedPixels | undefined {
  using bytes = openByteSource(source);
  try {
    return locatePixels(bytes, source.transferSyntaxUid);
  } catch (error) {
    const hasNone = error instanceof RadTriageError && error.code === 'PIXELS_MISSING';
    if (hasNone) return undefined;
    throw error;
  }
}

function evenLength(length: number): number {
  return length + (length % 2);
}

function checkLength(bytes: number): void {
  if (bytes <= MAX_VALUE_BYTES) return;
  throw new RadTriageError('PIXELS_TOO_LARGE', 'the pixels are too long to be sent uncompressed');
}

function written(
  head: readonly Uint8Array[],
  pixelBytes: number,
  pixels: () => AsyncGenerator<Uint8Array>,
): WrittenObject {
  const before = Buffer.concat(head);
  return {
    length: before.length + pixelBytes,
    async *chunks() {
      yield before;
      yield* pixels();
    },
  };
}

function passNative(source: PixelSource, located: LocatedPixels, file: Buffer): WrittenObject {
  const { header, image, value } = located;
  const length = value?.length ?? 0;
  const pixelBytes = evenLength(length);
  checkLength(pixelBytes);
  const tag = FLOAT_PIXELS[image.sample];
  const vr = { integer: image.bitsAllocated > 8 ? 'OW' : 'OB', float: 'OF', double: 'OD' };
  const element = explicitHeader(tag, vr[image.sample], pixelBytes);
  const body = encodeExplicit(header, new Map());
  return written([file, body, element], pixelBytes, async function* () {
    yield* pixelValueChunks(source, located);
    if (length % 2 === 1) yield Buffer.alloc(1);
  });
}

/** The value of native pixel data in little endian, chunk by chunk. Whoever stops early frees everything. */
export async function* pixelValueChunks(
  source: PixelSource,
  { value, littleEndian, wordSize }: LocatedPixels,
): AsyncGenerator<Uint8Array> {
  using bytes = openByteSource(source);
  const { offset, length } = value ?? { offset: 0, length: 0 };
  for (let at = 0; at < length; at += CHUNK_BYTES) {
    const chunk = bytes.read(offset + at, Math.min(CHUNK_BYTES, length - at));
    const isWhole = chunk.length % wordSize === 0;
    yield littleEndian || !isWhole ? chunk : swapWords(chunk, wordSize);
    await nextTurn();
  }
}

function short(value: number): NewValue {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return { vr: 'US', bytes };
}

/** What the header has to say of decoded pixels (PS3.3 C.7.6.3). */
function changesFor(frame: DecodedFrame): ReadonlyMap<number, NewValue> {
  const { photometricInterpretation, bitsAllocated, bitsStored, samplesPerPixel } = frame;
  const text = photometricInterpretation.padEnd(evenLength(photometricInterpretation.length));
  return new Map([
    [0x00280004, { vr: 'CS', bytes: Buffer.from(text, 'latin1') }],
    ...(samplesPerPixel === 3 ? [[0x00280006, short(0)] as const] : []),
    [0x00280100, short(bitsAllocated)],
    [0x00280101, short(bitsStored)],
    [0x00280102, short(bitsStored - 1)],
  ]);
}
