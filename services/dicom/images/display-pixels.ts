import { applyModalityLut, type DecodedFrame, toRgb } from '../pixels/decoded-frame.ts';
import { type LookupTable, lookUp } from '../pixels/lookup-tables.ts';

/** Eight bits a sample, ready to be shown: one sample a pixel for monochrome, three for colour. */
export interface DisplayPixels {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly values: Uint8Array<ArrayBuffer>;
}

/** A window in modality values (PS3.3 C.11.2.1.2). */
export interface VoiWindow {
  readonly center: number;
  readonly width: number;
}

const LOWEST_PERCENT = 0.5;
const HIGHEST_PERCENT = 99.5;
/** Percentiles are taken of at most so many pixels, evenly spread. */
const MAX_SAMPLED = 65_536;

/**
 * The frame as a monitor shows it: modality and VOI transformation, MONOCHROME1 inverted, palettes applied.
 * @param window overrides what the object says; without both, the 0.5 to 99.5 percentile range is shown
 */
export function toDisplayPixels(frame: DecodedFrame, window?: VoiWindow): DisplayPixels {
  const color = toRgb(frame);
  const { rows, columns } = color;
  if (color.samplesPerPixel === 3) {
    return { rows, columns, channels: 3, values: colorToBytes(color) };
  }
  const modality = applyModalityLut(color);
  const show = chooseTransformation(color, modality, window);
  const values = new Uint8Array(modality.length);
  const inverted = color.photometricInterpretation === 'MONOCHROME1' ? 255 : 0;
  for (let index = 0; index < modality.length; index += 1) {
    values[index] = show(modality[index] ?? 0) ^ inverted;
  }
  return { rows, columns, channels: 1, values };
}

function colorToBytes(frame: DecodedFrame): Uint8Array<ArrayBuffer> {
  const { values, bitsStored } = frame;
  if (values instanceof Uint8Array && bitsStored === 8) return Uint8Array.from(values);
  const scale = 255 / (2 ** bitsStored - 1);
  return Uint8Array.from(values, (value) => Math.round(value * scale));
}

/** From a modality value to 0-255. */
type Transformation = (value: number) => number;

function chooseTransformation(
  frame: DecodedFrame,
  modality: Float32Array,
  window: VoiWindow | undefined,
): Transformation {
  const stated = window ?? firstWindow(frame);
  if (window === undefined && frame.voiLut !== undefined) return throughTable(frame.voiLut);
  if (stated !== undefined) return throughWindow(stated, frame.voiLutFunction);
  return throughWindow(percentileWindow(frame, modality), 'LINEAR_EXACT');
}

function firstWindow({ windowCenter, windowWidth }: DecodedFrame): VoiWindow | undefined {
  const [center] = windowCenter;
  const [width] = windowWidth;
  // Widths below 1 are invalid for LINEAR, and zero or less for all (C.11.2.1.2.1): better no window than a black image.
  if (center === undefined || width === undefined || width < 1) return undefined;
  return { center, width };
}

function throughTable(table: LookupTable): Transformation {
  const highest = 2 ** table.bits - 1;
  return (value) => Math.round((lookUp(table, Math.round(value)) / highest) * 255);
}

/** The three VOI functions of PS3.3 C.11.2.1.2 and C.11.2.1.3, onto 0-255. */
export function throughWindow(
  { center, width }: VoiWindow,
  voiLutFunction: string | undefined,
): Transformation {
  if (voiLutFunction === 'SIGMOID') {
    return (value) => Math.round(255 / (1 + Math.exp((-4 * (value - center)) / width)));
  }
  const isExact = voiLutFunction === 'LINEAR_EXACT';
  const middle = isExact ? center : center - 0.5;
  const span = isExact ? width : Math.max(width - 1, Number.EPSILON);
  return (value) => {
    const share = (value - middle) / span + 0.5;
    return share <= 0 ? 0 : share >= 1 ? 255 : Math.round(share * 255);
  };
}

function percentileWindow(frame: DecodedFrame, modality: Float32Array): VoiWindow {
  const step = Math.max(1, Math.floor(modality.length / MAX_SAMPLED));
  const sampled: number[] = [];
  for (let index = 0; index < modality.length; index += step) {
    const value = modality[index] ?? 0;
    if (frame.values[index] !== frame.pixelPaddingValue && Number.isFinite(value))
      sampled.push(value);
  }
  const sorted = Float32Array.from(sampled).sort();
  const low = percentile(sorted, LOWEST_PERCENT);
  const high = percentile(sorted, HIGHEST_PERCENT);
  return { center: (low + high) / 2, width: Math.max(high - low, Number.EPSILON) };
}

function percentile(sorted: Float32Array, percent: number): number {
  const index = Math.round(((sorted.length - 1) * percent) / 100);
  return sorted[Math.max(index, 0)] ?? 0;
}
