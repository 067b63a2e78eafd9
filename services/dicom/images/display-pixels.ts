import { setImmediate as nextTurn } from 'node:timers/promises';
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
const PIXELS_A_TURN = 1_000_000;

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
  const values = new Uint8Array(rows * columns);
  showBand(color, chooseTransformation(color, window), values);
  return { rows, columns, channels: 1, values };
}

/** The same, a band of rows at a time: others get their turn in between, which a large image would keep from them. */
export async function toDisplayPixelsInTurns(
  frame: DecodedFrame,
  window?: VoiWindow,
): Promise<DisplayPixels> {
  if (frame.samplesPerPixel === 3) return toDisplayPixels(frame, window);
  const color = toRgb(frame);
  if (color.samplesPerPixel === 3) return toDisplayPixels(color);
  const { rows, columns } = color;
  const values = new Uint8Array(rows * columns);
  const show = chooseTransformation(color, window);
  const step = Math.max(1, Math.floor(PIXELS_A_TURN / columns));
  for (let row = 0; row < rows; row += step) {
    const [from, to] = [row * columns, Math.min(row + step, rows) * columns];
    const band = { ...color, values: color.values.subarray(from, to) };
    showBand(band, show, values.subarray(from, to));
    await nextTurn();
  }
  return { rows, columns, channels: 1, values };
}

function showBand(frame: DecodedFrame, show: VoiTransformation, into: Uint8Array): void {
  const modality = applyModalityLut(frame);
  const inverted = frame.photometricInterpretation === 'MONOCHROME1' ? 255 : 0;
  for (let index = 0; index < modality.length; index += 1) {
    into[index] = Math.round(show(modality[index] ?? 0) * 255) ^ inverted;
  }
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
  window: VoiWindow | undefined,
): VoiTransformation {
  if (window !== undefined) return throughWindow(window, frame.voiLutFunction);
  return voiOf(frame) ?? throughWindow(percentileWindow(frame), 'LINEAR_EXACT');
}

function percentileWindow(frame: DecodedFrame): VoiWindow {
  const step = Math.max(1, Math.floor(frame.values.length / MAX_SAMPLED));
  const isPadding = paddingTest(frame);
  const stored: number[] = [];
  for (let index = 0; index < frame.values.length; index += step) {
    const value = frame.values[index] ?? 0;
    if (isPadding?.(value) !== true) stored.push(value);
  }
  const modality = applyModalityLut({ ...frame, values: Float64Array.from(stored) });
  const sampled = modality.filter(Number.isFinite);
  const sorted = Float32Array.from(sampled).sort();
  const low = percentile(sorted, LOWEST_PERCENT);
  const high = percentile(sorted, HIGHEST_PERCENT);
  return { center: (low + high) / 2, width: Math.max(high - low, Number.EPSILON) };
}

function percentile(sorted: Float32Array, percent: number): number {
  const index = Math.round(((sorted.length - 1) * percent) / 100);
  return sorted[Math.max(index, 0)] ?? 0;
}
