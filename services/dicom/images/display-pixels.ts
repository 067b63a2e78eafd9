import { applyModalityLut, type DecodedFrame, toRgb } from '../pixels/decoded-frame.ts';
import { paddingTest } from '../pixels/padding.ts';
import { throughWindow, type VoiTransformation, type VoiWindow, voiOf } from '../pixels/voi.ts';

/** Eight bits a sample, ready to be shown: one sample a pixel for monochrome, three for colour. */
export interface DisplayPixels {
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly values: Uint8Array<ArrayBuffer>;
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
    values[index] = Math.round(show(modality[index] ?? 0) * 255) ^ inverted;
  }
  return { rows, columns, channels: 1, values };
}

function colorToBytes(frame: DecodedFrame): Uint8Array<ArrayBuffer> {
  const { values, bitsStored } = frame;
  if (values instanceof Uint8Array && bitsStored === 8) return Uint8Array.from(values);
  const scale = 255 / (2 ** bitsStored - 1);
  return Uint8Array.from(values, (value) => Math.round(value * scale));
}

/** The caller's window, else what the object asks for, else the range of its values. */
function chooseTransformation(
  frame: DecodedFrame,
  modality: Float32Array,
  window: VoiWindow | undefined,
): VoiTransformation {
  if (window !== undefined) return throughWindow(window, frame.voiLutFunction);
  return voiOf(frame) ?? throughWindow(percentileWindow(frame, modality), 'LINEAR_EXACT');
}

function percentileWindow(frame: DecodedFrame, modality: Float32Array): VoiWindow {
  const step = Math.max(1, Math.floor(modality.length / MAX_SAMPLED));
  const isPadding = paddingTest(frame);
  const sampled: number[] = [];
  for (let index = 0; index < modality.length; index += step) {
    const value = modality[index] ?? 0;
    if (Number.isFinite(value) && isPadding?.(frame.values[index] ?? 0) !== true)
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
