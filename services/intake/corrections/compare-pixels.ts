import { type FileHandle, open } from 'node:fs/promises';
import { toRadTriageError } from '#core/errors.ts';
import { type DataSet, type Element, encodingOf } from '#dicom/attributes/parse-elements.ts';
import { openByteSource, type PixelSource } from '#dicom/pixels/byte-source.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { findPixelSyntax } from '#dicom/pixels/transfer-syntaxes.ts';
import type { PixelVerdict } from './judge-version.ts';

/** One kept object: where it lies, and its header. */
export interface KeptObject {
  readonly source: PixelSource & { readonly path: string; readonly dataSetOffset: number };
  readonly fileBytes: number;
  readonly header: DataSet;
}

export interface ComparisonLimits {
  /** Milliseconds for one pair. */
  readonly timeoutMs: number;
  /** Bytes of either file up to which pixels are decoded to be compared. */
  readonly maxDecodedFileBytes: number;
  readonly maxDecodedFrames: number;
}

export const COMPARISON_LIMITS: ComparisonLimits = {
  timeoutMs: 20_000,
  maxDecodedFileBytes: 256 * 2 ** 20,
  maxDecodedFrames: 2_000,
};

const CHUNK = 1024 * 1024;
/** A deflated object is inflated whole, in this process. */
const MAX_INFLATED_FILE_BYTES = 32 * 2 ** 20;
const PIXEL_TAGS = [0x7fe00010, 0x7fe00008, 0x7fe00009];
const NUMBER_OF_FRAMES = 0x00280008;

interface Pixels {
  readonly element: Element;
  readonly encapsulated: boolean;
}

/** @returns undefined where the object has no pixel data */
function findPixels({ elements }: DataSet): Pixels | undefined {
  for (const tag of PIXEL_TAGS) {
    const element = elements.get(tag);
    if (element === undefined || (element.length === 0 && element.fragments === undefined))
      continue;
    return { element, encapsulated: element.fragments !== undefined };
  }
  return undefined;
}

/** Reads ranges of a data set without holding the process up. */
interface Range {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function openRange({ source, fileBytes }: KeptObject): Promise<Range> {
  if (encodingOf(source.transferSyntaxUid) === 'deflated') {
    const bytes = openByteSource(source);
    return {
      size: bytes.size,
      read: async (offset, length) => bytes.read(offset, Math.min(length, bytes.size - offset)),
      close: async () => bytes[Symbol.dispose](),
    };
  }
  const handle = await open(source.path, 'r').catch((error: unknown) => {
    throw toRadTriageError(error, 'STORAGE_FAILED');
  });
  return {
    size: fileBytes - source.dataSetOffset,
    read: (offset, length) => readFully(handle, source.dataSetOffset + offset, length),
    close: () => handle.close(),
  };
}

/** Bytes of the pixel data within the data set; encapsulated ones up to the end of it. */
function lengthOf({ element, encapsulated }: Pixels, range: Range): number {
  return encapsulated ? range.size - element.offset : element.length;
}

async function haveSameBytes(
  [one, other]: readonly [KeptObject, KeptObject],
  [first, second]: readonly [Pixels, Pixels],
  deadline: number,
): Promise<boolean | undefined> {
  const ranges = [await openRange(one)];
  try {
    ranges.push(await openRange(other));
    const [left, right] = ranges;
    if (left === undefined || right === undefined) return undefined;
    const length = lengthOf(first, left);
    // Sizes first: most changes show in them.
    if (length !== lengthOf(second, right)) return false;
    for (let done = 0; done < length; done += CHUNK) {
      if (Date.now() > deadline) return undefined;
      const wanted = Math.min(CHUNK, length - done);
      const chunks = await Promise.all([
        left.read(first.element.offset + done, wanted),
        right.read(second.element.offset + done, wanted),
      ]);
      if (Buffer.compare(chunks[0], chunks[1]) !== 0) return false;
    }
    return true;
  } finally {
    await Promise.all(ranges.map((range) => range.close()));
  }
}

function framesOf({ elements, bytes }: DataSet): number {
  const element = elements.get(NUMBER_OF_FRAMES);
  if (element === undefined) return 1;
  const text = Buffer.from(bytes).toString(
    'latin1',
    element.offset,
    element.offset + element.length,
  );
  const frames = Number.parseInt(text, 10);
  return Number.isInteger(frames) && frames > 0 ? frames : 1;
}

type Frame = Awaited<ReturnType<PixelDecoder['decode']>>;

function isSameFrame(one: Frame, other: Frame): boolean {
  const describe = (frame: Frame) => [
    frame.rows,
    frame.columns,
    frame.samplesPerPixel,
    frame.photometricInterpretation,
    frame.bitsStored,
    frame.pixelRepresentation,
    frame.numberOfFrames,
    frame.values.length,
  ];
  if (`${describe(one)}` !== `${describe(other)}`) return false;
  return one.values.every((value, index) => value === other.values[index]);
}

async function haveSameFrames(
  one: KeptObject,
  other: KeptObject,
  by: { decoder: PixelDecoder; deadline: number; limits: ComparisonLimits },
): Promise<PixelVerdict> {
  const { decoder, deadline, limits } = by;
  const frames = framesOf(one.header);
  if (frames !== framesOf(other.header)) return 'changed';
  const isTooLarge = Math.max(one.fileBytes, other.fileBytes) > limits.maxDecodedFileBytes;
  if (isTooLarge || frames > limits.maxDecodedFrames) return 'not-compared';
  try {
    for (let frame = 0; frame < frames; frame += 1) {
      if (Date.now() > deadline) return 'not-compared';
      const first = await decoder.decode({ ...one.source, frame });
      const second = await decoder.decode({ ...other.source, frame });
      if (!isSameFrame(first, second)) return 'changed';
    }
    return 'same-decoded';
  } catch (thrown) {
    const problem = toRadTriageError(thrown, 'PIXELS_UNDECODABLE');
    if (problem.retryable) throw problem;
    return 'not-compared';
  }
}

/** Native bytes in one byte order are comparable as they are, whatever the transfer syntaxes are called. */
function isPlain({ header }: KeptObject, { encapsulated }: Pixels): boolean {
  return !encapsulated && header.littleEndian;
}

/**
 * Compares the pixels of two kept objects: byte by byte, and where two codings may hold the same picture, by what they
 * decode to in a process that can be killed. Bounded in time; what is not settled by then is 'not-compared'.
 * @throws RadTriageError STORAGE_FAILED
 */
export async function comparePixels(
  one: KeptObject,
  other: KeptObject,
  {
    decoder,
    limits = COMPARISON_LIMITS,
  }: { decoder: PixelDecoder; limits?: ComparisonLimits | undefined },
): Promise<PixelVerdict> {
  const deadline = Date.now() + limits.timeoutMs;
  const first = findPixels(one.header);
  const second = findPixels(other.header);
  if (first === undefined && second === undefined) return 'none';
  if (first === undefined || second === undefined) return 'changed';
  for (const { source, fileBytes } of [one, other]) {
    const isDeflated = encodingOf(source.transferSyntaxUid) === 'deflated';
    if (isDeflated && fileBytes > MAX_INFLATED_FILE_BYTES) return 'not-compared';
  }
  const plain = isPlain(one, first) && isPlain(other, second);
  const sameSyntax = one.source.transferSyntaxUid === other.source.transferSyntaxUid;
  if (plain || (sameSyntax && first.encapsulated === second.encapsulated)) {
    const same = await haveSameBytes([one, other], [first, second], deadline);
    if (same === undefined) return 'not-compared';
    if (same) return 'same';
    // Two lossy codings are never the same picture, whatever else is.
    const mayBeRecoded = !plain && findPixelSyntax(one.source.transferSyntaxUid)?.lossy === false;
    if (!mayBeRecoded) return 'changed';
  }
  return haveSameFrames(one, other, { decoder, deadline, limits });
}
