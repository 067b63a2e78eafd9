import type { CharlsModule } from '@cornerstonejs/codec-charls/decodewasmjs';
import type dcmjsCodecs from 'dcmjs-codecs';
import { type CodestreamHeader, readCodestreamHeader } from './codestream-header.ts';
import { bytesPerSample, type ImageDescription, undecodable } from './image-description.ts';
import type { PixelCoding } from './transfer-syntaxes.ts';

/**
 * The only owner of the two codec libraries (WebAssembly of libjpeg, OpenJPEG and OpenJPH; CharLS, which is twice as
 * fast as theirs). They are loaded in the decoding child alone, each when first needed: compressed bytes are hostile.
 */
type NativeLibrary = typeof dcmjsCodecs;

let nativeLibrary: NativeLibrary | undefined;
let charlsModule: CharlsModule | undefined;

export interface DecodedSamples {
  /** Interleaved, little endian, 8 or 16 bits a sample (see `bytesPerSample`). */
  readonly bytes: Uint8Array;
  readonly bytesPerSample: number;
  readonly signed: boolean;
  /** Bits of a sample in the codestream. */
  readonly precision: number;
  /** Colour as decoded; JPEG YBR and the JPEG 2000 colour transforms come out as RGB. */
  readonly photometricInterpretation: string;
}

/** Loads what a coding needs: some 30 ms for JPEG-LS, 250 ms for the others, once a process. */
export async function loadCodec(coding: PixelCoding): Promise<void> {
  if (coding === 'native' || coding === 'rle') return;
  if (coding === 'jpeg-ls') {
    charlsModule ??= await (await import('@cornerstonejs/codec-charls/decodewasmjs')).default();
    return;
  }
  if (nativeLibrary !== undefined) return;
  const library = (await import('dcmjs-codecs')).default;
  await library.NativeCodecs.initializeAsync();
  nativeLibrary = library;
}

/**
 * Decodes one compressed frame; `loadCodec` must have been awaited.
 * @throws RadTriageError PIXELS_UNDECODABLE
 */
export function decodeCodestream(
  bytes: Uint8Array,
  image: ImageDescription,
  coding: PixelCoding,
): DecodedSamples {
  const header = readCodestreamHeader(bytes);
  checkAgreement(header, image);
  try {
    if (coding === 'jpeg-ls') return decodeJpegLs(bytes, image, header);
    return decodeNative(bytes, image, { coding, header });
  } catch (cause) {
    throw undecodable('the codec refuses the frame', cause);
  }
}

function checkAgreement(header: CodestreamHeader, image: ImageDescription): void {
  const fits =
    header.rows === image.rows &&
    header.columns === image.columns &&
    header.components === image.samplesPerPixel &&
    header.precision <= image.bitsAllocated;
  if (!fits) throw undecodable('the compressed frame is not what the header describes');
}

function decodeJpegLs(
  bytes: Uint8Array,
  image: ImageDescription,
  header: CodestreamHeader,
): DecodedSamples {
  if (charlsModule === undefined) throw undecodable('the codec is not loaded');
  const decoder = new charlsModule.JpegLSDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const decodedSize = sampleSize(header);
    const decoded = Uint8Array.from(decoder.getDecodedBuffer());
    const isPlanar = image.samplesPerPixel > 1 && decoder.getInterleaveMode() === 0;
    const pixels = isPlanar ? interleave(decoded, image.samplesPerPixel, decodedSize) : decoded;
    return {
      bytes: widenSamples(pixels, image, decodedSize),
      bytesPerSample: bytesPerSample(image),
      signed: false,
      precision: header.precision,
      photometricInterpretation: image.photometricInterpretation,
    };
  } finally {
    decoder.delete();
  }
}

function decodeNative(
  bytes: Uint8Array,
  image: ImageDescription,
  { coding, header }: { coding: PixelCoding; header: CodestreamHeader },
): DecodedSamples {
  if (nativeLibrary === undefined) throw undecodable('the codec is not loaded');
  const { Context, NativeCodecs } = nativeLibrary;
  const size = sampleSize(header);
  const context = new Context({
    width: image.columns,
    height: image.rows,
    // By the codestream: told 16 bits for 8, the library skips every other sample.
    bitsAllocated: size * 8,
    bitsStored: Math.min(image.bitsStored, size * 8),
    samplesPerPixel: image.samplesPerPixel,
    pixelRepresentation: image.pixelRepresentation,
    planarConfiguration: 0,
    photometricInterpretation: image.photometricInterpretation,
    encodedBuffer: bytes,
  });
  const isColor = image.samplesPerPixel === 3;
  const isYbr = image.photometricInterpretation.startsWith('YBR');
  const decoded =
    coding === 'jpeg'
      ? NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: isColor && isYbr })
      : coding === 'htj2k'
        ? NativeCodecs.decodeHtJpeg2000(context)
        : NativeCodecs.decodeJpeg2000(context);
  const buffer = decoded.getDecodedBuffer();
  if (buffer === undefined) throw undecodable('the codec gave nothing');
  return {
    bytes: widenSamples(buffer, image, size),
    bytesPerSample: bytesPerSample(image),
    signed: header.signed,
    precision: header.precision,
    photometricInterpretation: isColor ? 'RGB' : image.photometricInterpretation,
  };
}

/** Bytes that a codec gives for a sample. */
function sampleSize({ precision }: CodestreamHeader): 1 | 2 | 4 {
  if (precision <= 8) return 1;
  return precision <= 16 ? 2 : 4;
}

/** Brings samples of `from` bytes to BitsAllocated: a codestream may have 8 bits where 16 are allocated. */
function widenSamples(bytes: Uint8Array, image: ImageDescription, from: number): Uint8Array {
  const to = bytesPerSample(image);
  if (from === to) return bytes;
  const isSigned = image.pixelRepresentation === 1;
  const widened = new Uint8Array((bytes.length / from) * to);
  for (let read = 0, write = 0; read < bytes.length; read += from, write += to) {
    for (let byte = 0; byte < from; byte += 1) widened[write + byte] = bytes[read + byte] ?? 0;
    const isNegative = isSigned && (bytes[read + from - 1] ?? 0) >= 0x80;
    if (isNegative) widened.fill(0xff, write + from, write + to);
  }
  return widened;
}

/** Sample planes (R R R, G G G, B B B) into pixels (R G B, R G B). */
export function interleave(planes: Uint8Array, samples: number, size: number): Uint8Array {
  const pixels = planes.length / samples / size;
  const interleaved = new Uint8Array(planes.length);
  let read = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const write = (pixel * samples + sample) * size;
      for (let byte = 0; byte < size; byte += 1, read += 1) {
        interleaved[write + byte] = planes[read] ?? 0;
      }
    }
  }
  return interleaved;
}
