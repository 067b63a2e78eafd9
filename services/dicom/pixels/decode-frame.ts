import type { ImageAttributes } from '../attributes/read-attributes.ts';
import { type ByteSource, openByteSource, type PixelSource } from './byte-source.ts';
import { type DecodedSamples, decodeCodestream, interleave, loadCodec } from './codecs.ts';
import { expandHalvedChroma, ybrFullToRgb, ybrPartialToRgb } from './color.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { hasHalvedChroma, readEncapsulatedFrame, readNativeFrame } from './frame-bytes.ts';
import { type ImageDescription, type PixelLimits, undecodable } from './image-description.ts';
import { type LocatedPixels, locatePixels } from './locate-pixels.ts';
import { readModalityLut, readPalette, readVoiLut } from './lookup-tables.ts';
import { decodeRle } from './rle.ts';
import {
  applySign,
  clampToStoredBits,
  type Samples,
  takeStoredBits,
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
  const signed = applySign(samples, image);
  if (located.syntax.lossy) clampToStoredBits(signed, image);
  else takeStoredBits(signed, image);
  return describeFrame(located, signed, { frame, decoded });
}

function decodeSamples(bytes: ByteSource, located: LocatedPixels, frame: number): DecodedSamples {
  const { image, syntax } = located;
  if (syntax.coding === 'native') return readNative(bytes, located, frame);
  const compressed = readEncapsulatedFrame(bytes, located, frame);
  if (syntax.coding !== 'rle') return decodeCodestream(compressed, image, syntax.coding);
  return { ...plainForm(image), bytes: decodeRle(compressed, image) };
}

function plainForm(image: ImageDescription): Omit<DecodedSamples, 'bytes'> {
  return {
    bytesPerSample: image.bitsAllocated / 8,
    signed: image.pixelRepresentation === 1,
    photometricInterpretation: image.photometricInterpretation,
  };
}

function readNative(bytes: ByteSource, located: LocatedPixels, frame: number): DecodedSamples {
  const { image } = located;
  const form = plainForm(image);
  let stored = readNativeFrame(bytes, located, frame);
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
  const photometricInterpretation = toShownColor(samples, decoded.photometricInterpretation);
  return {
    rows: image.rows,
    columns: image.columns,
    samplesPerPixel: image.samplesPerPixel === 3 ? 3 : 1,
    values: samples,
    photometricInterpretation,
    bitsAllocated: image.bitsAllocated,
    bitsStored: image.bitsStored,
    pixelRepresentation: image.pixelRepresentation,
    frame,
    numberOfFrames: image.numberOfFrames,
    ...readPresentation(attributes),
    modalityLut: readModalityLut(header, isSigned),
    voiLut: readVoiLut(header, isSigned),
    palette:
      photometricInterpretation === 'PALETTE COLOR' ? readPalette(header, isSigned) : undefined,
  };
}

function readPresentation(attributes: ImageAttributes) {
  const slope = attributes.rescaleSlope ?? 1;
  return {
    // A slope of zero would make every value the same: it is a writer's fault, and taken as none.
    rescaleSlope: slope === 0 ? 1 : slope,
    rescaleIntercept: attributes.rescaleIntercept ?? 0,
    windowCenter: attributes.windowCenter ?? [],
    windowWidth: attributes.windowWidth ?? [],
    voiLutFunction: attributes.voiLutFunction,
    presentationLutShape: attributes.presentationLutShape,
    pixelPaddingValue: attributes.pixelPaddingValue,
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
