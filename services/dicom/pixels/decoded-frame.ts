import { luminance } from './color.ts';
import { undecodable } from './image-description.ts';
import { type LookupTable, lookUp, type Palette } from './lookup-tables.ts';
import type { Samples } from './samples.ts';

/** One decoded frame, with what is needed to read its values and to show it. */
export interface DecodedFrame {
  readonly rows: number;
  readonly columns: number;
  /** 1, or 3 for RGB, interleaved. */
  readonly samplesPerPixel: 1 | 3;
  /** Stored values: rows from top to bottom, neither rescaled nor inverted. */
  readonly values: Samples;
  /** MONOCHROME1 (low values are white), MONOCHROME2, PALETTE COLOR or RGB; every YBR form has become RGB. */
  readonly photometricInterpretation: 'MONOCHROME1' | 'MONOCHROME2' | 'PALETTE COLOR' | 'RGB';
  /** Of `values`: 8, 16, 32 or 64; pixels of one bit have become bytes. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly pixelRepresentation: 0 | 1;
  /** Which of how many, from 0. */
  readonly frame: number;
  readonly numberOfFrames: number;
  readonly rescaleSlope: number;
  readonly rescaleIntercept: number;
  readonly modalityLut?: LookupTable | undefined;
  readonly voiLut?: LookupTable | undefined;
  readonly palette?: Palette | undefined;
  readonly windowCenter: readonly number[];
  readonly windowWidth: readonly number[];
  readonly voiLutFunction?: string | undefined;
  readonly presentationLutShape?: string | undefined;
  /** Stored values beside the image, signed as `values` are; see padding.ts. */
  readonly pixelPaddingValue?: number | undefined;
  readonly pixelPaddingRangeLimit?: number | undefined;
  /** Row spacing then column spacing, millimetres: PixelSpacing, else ImagerPixelSpacing. */
  readonly pixelSpacing?: readonly number[] | undefined;
}

/**
 * Values in the unit of the modality (Hounsfield units in CT), by ModalityLUTSequence or RescaleSlope and
 * RescaleIntercept (PS3.3 C.11.1). MONOCHROME1 is not inverted. Colour has no modality values: use `toGrey` first.
 * @throws RadTriageError PIXELS_UNDECODABLE for colour
 */
export function applyModalityLut(frame: DecodedFrame): Float32Array<ArrayBuffer> {
  if (frame.samplesPerPixel !== 1 || frame.photometricInterpretation === 'PALETTE COLOR') {
    throw undecodable('colour has no modality values');
  }
  const { values, modalityLut, rescaleSlope, rescaleIntercept } = frame;
  const result = new Float32Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    result[index] =
      modalityLut === undefined
        ? value * rescaleSlope + rescaleIntercept
        : lookUp(modalityLut, value);
  }
  return result;
}

/** The palette applied, 8 bits a sample; other frames as they are. @throws RadTriageError PIXELS_UNDECODABLE */
export function toRgb(frame: DecodedFrame): DecodedFrame {
  if (frame.photometricInterpretation !== 'PALETTE COLOR') return frame;
  const { palette, values } = frame;
  if (palette === undefined) throw undecodable('the palette is missing or broken');
  const rgb = new Uint8Array(values.length * 3);
  const tables = [palette.red, palette.green, palette.blue];
  // 16-bit entries are shown by their upper byte; some writers state 16 bits and fill only the lower eight.
  const isLowByte = tables.every((table) => table.values.every((value) => value < 256));
  tables.forEach((table, sample) => {
    const shift = isLowByte ? 0 : Math.max(table.bits - 8, 0);
    for (let pixel = 0; pixel < values.length; pixel += 1) {
      rgb[pixel * 3 + sample] = lookUp(table, values[pixel] ?? 0) >>> shift;
    }
  });
  return asColor(frame, rgb);
}

function asColor(frame: DecodedFrame, values: Uint8Array<ArrayBuffer>): DecodedFrame {
  return {
    ...frame,
    values,
    samplesPerPixel: 3,
    photometricInterpretation: 'RGB',
    bitsAllocated: 8,
    bitsStored: 8,
    pixelRepresentation: 0,
  };
}

/** One sample a pixel for analysis: colour by its luminance, monochrome as it is. */
export function toGrey(frame: DecodedFrame): DecodedFrame {
  const color = toRgb(frame);
  if (color.samplesPerPixel === 1) return color;
  return {
    ...color,
    values: luminance(color.values),
    samplesPerPixel: 1,
    photometricInterpretation: 'MONOCHROME2',
  };
}

/** The values as explicit little endian bytes, for WADO-RS frames of a decompressed image. */
export function frameToBytes(frame: DecodedFrame): Uint8Array {
  const { buffer, byteOffset, byteLength } = frame.values;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
