import { RadTriageError } from '#core/errors.ts';
import type { ImageAttributes } from '../attributes/read-attributes.ts';

/** What the header says of the stored pixels (PS3.3 C.7.6.3), checked to be decodable. */
export interface ImageDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly pixelRepresentation: 0 | 1;
  readonly planarConfiguration: 0 | 1;
  readonly photometricInterpretation: string;
  readonly numberOfFrames: number;
  /** Integer PixelData, FloatPixelData or DoubleFloatPixelData. */
  readonly sample: 'integer' | 'float' | 'double';
}

export interface PixelLimits {
  /** Rows x Columns x SamplesPerPixel of one frame. */
  readonly maxPixels: number;
  /** Rows x Columns x SamplesPerPixel x bytes x NumberOfFrames of the object, decoded. */
  readonly maxBytes: number;
}

/** A mammography tomosynthesis slice has 20 million pixels, a whole object of them 4 GB. */
export const DEFAULT_LIMITS: PixelLimits = { maxPixels: 100_000_000, maxBytes: 16 * 2 ** 30 };

const ALLOCATED: ReadonlySet<number> = new Set([1, 8, 16, 32]);

/**
 * @throws RadTriageError PIXELS_UNDECODABLE where the description is missing or contradicts itself, PIXELS_TOO_LARGE
 *   over the limits, DICOM_UNSUPPORTED for other widths than 1, 8, 16 and 32 bits
 */
export function describeImage(
  attributes: ImageAttributes,
  sample: ImageDescription['sample'],
  limits: PixelLimits,
): ImageDescription {
  // Float pixels have no BitsStored; what stands there is of no account.
  const stated: Pick<ImageAttributes, 'bitsAllocated' | 'bitsStored' | 'highBit'> =
    sample === 'integer' ? attributes : { bitsAllocated: sample === 'float' ? 32 : 64 };
  const samplesPerPixel = attributes.samplesPerPixel ?? 1;
  const needed = {
    rows: need(attributes.rows, 'rows'),
    columns: need(attributes.columns, 'columns'),
    bitsAllocated: need(stated.bitsAllocated, 'bitsAllocated'),
  };
  const bitsStored = stated.bitsStored ?? needed.bitsAllocated;
  const description: ImageDescription = {
    ...needed,
    samplesPerPixel,
    bitsStored,
    highBit: stated.highBit ?? bitsStored - 1,
    pixelRepresentation: attributes.pixelRepresentation ?? 0,
    planarConfiguration: attributes.planarConfiguration ?? 0,
    photometricInterpretation:
      attributes.photometricInterpretation ?? (samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2'),
    numberOfFrames: attributes.numberOfFrames ?? 1,
    sample,
  };
  checkDescription(description);
  checkLimits(description, limits);
  return description;
}

/** Bytes of one decoded sample: those of one bit take a byte each. */
export function bytesPerSample({ bitsAllocated }: Pick<ImageDescription, 'bitsAllocated'>): number {
  return Math.max(1, bitsAllocated / 8);
}

function need(value: number | undefined, keyword: string): number {
  if (value !== undefined) return value;
  throw new RadTriageError('PIXELS_UNDECODABLE', `${keyword} is missing or invalid`, {
    details: { keyword },
  });
}

function checkDescription(image: ImageDescription): void {
  const { bitsAllocated, bitsStored, highBit, samplesPerPixel, sample } = image;
  if (sample === 'integer' && !ALLOCATED.has(bitsAllocated)) {
    throw new RadTriageError('DICOM_UNSUPPORTED', `pixels of ${bitsAllocated} allocated bits`);
  }
  if (bitsStored > bitsAllocated || highBit >= bitsAllocated || highBit + 1 < bitsStored) {
    throw undecodable('BitsStored and HighBit do not fit BitsAllocated');
  }
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3) {
    throw undecodable(`${samplesPerPixel} samples per pixel`);
  }
  const isColor = !/^(MONOCHROME[12]|PALETTE COLOR)$/.test(image.photometricInterpretation);
  if (isColor !== (samplesPerPixel === 3)) {
    throw undecodable('SamplesPerPixel does not fit PhotometricInterpretation');
  }
}

function checkLimits(image: ImageDescription, limits: PixelLimits): void {
  // In floating point: the product of hostile values cannot wrap round as it would in 32 bits.
  const pixels = image.rows * image.columns * image.samplesPerPixel;
  const bytes = pixels * bytesPerSample(image) * image.numberOfFrames;
  if (pixels > limits.maxPixels || bytes > limits.maxBytes) {
    throw new RadTriageError('PIXELS_TOO_LARGE', 'the image is larger than the limit', {
      details: { pixels, bytes, maxPixels: limits.maxPixels, maxBytes: limits.maxBytes },
    });
  }
}

export function undecodable(message: string, cause?: unknown): RadTriageError {
  return new RadTriageError('PIXELS_UNDECODABLE', message, cause === undefined ? {} : { cause });
}
