import charls, { type CharlsModule } from '@cornerstonejs/codec-charls/decodewasmjs';
import dcmjsCodecs from 'dcmjs-codecs';
import { type CodestreamHeader, readCodestreamHeader } from './codestream-header.ts';
import { type ImageDescription, undecodable } from './image-description.ts';
import type { PixelCoding } from './transfer-syntaxes.ts';

/**
 * The only owner of the two codec libraries (WebAssembly of libjpeg, OpenJPEG, OpenJPH; CharLS). It is loaded in the
 * decoding child alone: compressed bytes are hostile.
 */
const { Context, NativeCodecs } = dcmjsCodecs;

export interface DecodedSamples {
  /** Interleaved, little endian, 8 or 16 bits a sample (see `bytesPerSample`). */
  readonly bytes: Uint8Array;
  readonly bytesPerSample: number;
  readonly signed: boolean;
  /** Colour as decoded; JPEG YBR and the JPEG 2000 colour transforms come out as RGB. */
  readonly photometricInterpretation: string;
}

/** Loads what a coding needs; compiling takes some 80 ms the first time. */
export async function loadCodec(coding: PixelCoding): Promise<void> {
  if (coding === 'jpeg-ls') await loadCharls();
  else if (coding !== 'native' && coding !== 'rle' && !NativeCodecs.isInitialized()) {
    await NativeCodecs.initializeAsync();
  }
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

let charlsModule: CharlsModule | undefined;

async function loadCharls(): Promise<void> {
  charlsModule ??= await charls();
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
    const bytesPerSample = header.precision > 8 ? 2 : 1;
    const decoded = Uint8Array.from(decoder.getDecodedBuffer());
    const isPlanar = image.samplesPerPixel > 1 && decoder.getInterleaveMode() === 0;
    return {
      bytes: isPlanar ? interleave(decoded, image.samplesPerPixel, bytesPerSample) : decoded,
      bytesPerSample,
      signed: false,
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
  const context = new Context({
    width: image.columns,
    height: image.rows,
    bitsAllocated: image.bitsAllocated,
    bitsStored: image.bitsStored,
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
    bytes: buffer,
    bytesPerSample: image.bitsAllocated / 8,
    signed: header.signed,
    photometricInterpretation: isColor ? 'RGB' : image.photometricInterpretation,
  };
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
