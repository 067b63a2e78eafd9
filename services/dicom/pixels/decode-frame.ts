import type { ImageAttributes } from '../attributes/read-attributes.ts';
import { type ByteSource, openByteSource, type PixelSource } from './byte-source.ts';
import { type DecodedSamples, decodeCodestream, interleave, loadCodec } from './codecs.ts';
import { expandHalvedChroma, ybrFullToRgb, ybrPartialToRgb } from './color.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { hasHalvedChroma, readEncapsulatedFrame, readNativeFrame } from './frame-bytes.ts';
import {
  bytesPerSample,
  type ImageDescription,
  type PixelLimits,
  undecodable,
} from './image-description.ts';
import { type LocatedPixels, locatePixels } from './locate-pixels.ts';
import { readModalityLut, readPalette, readVoiLut } from './lookup-tables.ts';
import { decodeRle } from './rle.ts';
import {
  applySign,
  holdToStoredBits,
  type Samples,
  takeStoredBits,
  unpackBits,
  viewSamples,
} from './samples.ts';

/**
 * Decodes one frame in this process. Only the decoding child calls it with bytes that came from outside: a codec may
 * hang or fall over (see pixel-decoder.ts).
 * @param frame from 0
 * @throws RadTriageError PIXELS_MISSING, PIXELS_TOO_LARGE, PIXELS_UNDECODABLE, DICOM_UNSUPPORTED, NOT_FOUND (no such
 *   frame) and what parsing the header throws
 */
export async function decodeFrame(
  source: PixelSource,
  frame: number,
  limits: PixelLimits,
): Promise<DecodedFrame> {
  using bytes = openByteSource(source);
  const located = locatePixels(bytes, source.transferSyntaxUid, { frame, limits });
  await loadCodec(located.syntax.coding);
  const decoded = decodeSamples(bytes, located, frame);
  const { image } = located;
  const count = image.rows * image.columns * image.samplesPerPixel;
  if (decoded.bytes.length !== count * decoded.bytesPerSample) {
    throw undecodable('the codec gave another number of samples than the header states');
  }
  const samples = viewSamples(decoded.bytes, { ...decoded, sample: image.sample });
  const stored = located.syntax.lossy
    ? holdToStoredBits(samples, image, decoded)
    : takeStoredBits(applySign(samples, image), image);
  return describeFrame(located, stored, { frame, decoded });
}

function decodeSamples(bytes: ByteSource, located: LocatedPixels, frame: number): DecodedSamples {
  const { image, syntax } = located;
  if (syntax.coding === 'native') return readNative(bytes, located, frame);
  const compressed = readEncapsulatedFrame(bytes, located, frame);
  if (syntax.coding !== 'rle') return decodeCodestream(compressed, image, syntax.coding);
  return { ...plainForm(image), bytes: unpackBits(decodeRle(compressed, image), image) };
}

function plainForm(image: ImageDescription): Omit<DecodedSamples, 'bytes'> {
  return {
    bytesPerSample: bytesPerSample(image),
    signed: image.pixelRepresentation === 1,
    precision: image.bitsAllocated,
    photometricInterpretation: image.photometricInterpretation,
  };
}

function readNative(bytes: ByteSource, located: LocatedPixels, frame: number): DecodedSamples {
  const { image } = located;
  const form = plainForm(image);
  let stored = unpackBits(readNativeFrame(bytes, located, frame), image);
  if (hasHalvedChroma(located)) stored = expandHalvedChroma(stored);
  else if (image.samplesPerPixel === 3 && image.planarConfiguration === 1) {
    stored = interleave(stored, 3, form.bytesPerSample);
  }
  return { ...form, bytes: stored };
}

function describeFrame(
  { header, attributes, image }: LocatedPixels,
  samples: Samples,
  { frame, decoded }: { frame: number; decoded: DecodedSamples },
): DecodedFrame {
  const isSigned = image.pixelRepresentation === 1;
  const presentation = readPresentation(attributes, isSigned);
  const modalityLut = readModalityLut(header, isSigned);
  const takesNegative = modalityLut === undefined && lowestRescaled(image, presentation) < 0;
  const photometricInterpretation = toShownColor(samples, decoded.photometricInterpretation);
  return {
    rows: image.rows,
    columns: image.columns,
    samplesPerPixel: image.samplesPerPixel === 3 ? 3 : 1,
    values: samples,
    photometricInterpretation,
    bitsAllocated: bytesPerSample(image) * 8,
    bitsStored: image.bitsStored,
    pixelRepresentation: image.pixelRepresentation,
    frame,
    numberOfFrames: image.numberOfFrames,
    ...presentation,
    modalityLut,
    voiLut: readVoiLut(header, { frame, takesNegative }),
    palette:
      photometricInterpretation === 'PALETTE COLOR' ? readPalette(header, isSigned) : undefined,
  };
}

/** The lowest modality value that the stored bits allow. */
function lowestRescaled(
  { bitsStored, pixelRepresentation }: ImageDescription,
  { rescaleSlope, rescaleIntercept }: { rescaleSlope: number; rescaleIntercept: number },
): number {
  const signed = pixelRepresentation === 1;
  const low = signed ? -(2 ** (bitsStored - 1)) : 0;
  const high = 2 ** (signed ? bitsStored - 1 : bitsStored) - 1;
  return Math.min(low * rescaleSlope, high * rescaleSlope) + rescaleIntercept;
}

/** A stored value written as US or SS: its bits are what counts, since many writers take the wrong one of the two. */
function asStored(value: number | undefined, signed: boolean): number | undefined {
  if (value === undefined) return undefined;
  return signed ? (value << 16) >> 16 : value & 0xffff;
}

function readPresentation(attributes: ImageAttributes, signed: boolean) {
  const slope = attributes.rescaleSlope ?? 1;
  return {
    // A slope of zero would make every value the same: it is a writer's fault, and taken as none.
    rescaleSlope: slope === 0 ? 1 : slope,
    rescaleIntercept: attributes.rescaleIntercept ?? 0,
    windowCenter: attributes.windowCenter ?? [],
    windowWidth: attributes.windowWidth ?? [],
    voiLutFunction: attributes.voiLutFunction,
    presentationLutShape: attributes.presentationLutShape,
    pixelPaddingValue: asStored(attributes.pixelPaddingValue, signed),
    pixelPaddingRangeLimit: asStored(attributes.pixelPaddingRangeLimit, signed),
    pixelSpacing: attributes.pixelSpacing ?? attributes.imagerPixelSpacing,
  };
}

/** Brings colour to RGB in place, and names what the samples are then. */
function toShownColor(
  samples: Samples,
  photometricInterpretation: string,
): DecodedFrame['photometricInterpretation'] {
  switch (photometricInterpretation) {
    case 'MONOCHROME1':
    case 'MONOCHROME2':
    case 'PALETTE COLOR':
    case 'RGB':
      return photometricInterpretation;
    case 'YBR_FULL':
    case 'YBR_FULL_422':
      if (!(samples instanceof Uint8Array)) throw undecodable('YBR of more than 8 bits');
      ybrFullToRgb(samples);
      return 'RGB';
    case 'YBR_PARTIAL_422':
    case 'YBR_PARTIAL_420':
      if (!(samples instanceof Uint8Array)) throw undecodable('YBR of more than 8 bits');
      ybrPartialToRgb(samples);
      return 'RGB';
    default:
      throw undecodable('the colour model cannot be read');
  }
}
