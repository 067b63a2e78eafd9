import type { VoiTransformation } from '#dicom/pixels/voi.ts';
import type { Window } from '../manifest/input.ts';
import { valuesAtRanks } from './percentile.ts';

/**
 * An image before the network: values after the Modality LUT (PS3.3 C.11.1: slope and intercept applied), row-major.
 */
export interface SourceImage {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** MONOCHROME1 shows low values bright: its values are read as (max + min) - v. */
  readonly photometricInterpretation: 'MONOCHROME1' | 'MONOCHROME2';
  /** 1 where a pixel is padding (PixelPaddingValue): it counts in no statistic and is shown darkest. */
  readonly padding?: Uint8Array | undefined;
  /** The lowest and highest value that the stored bits allow. */
  readonly range?: { readonly low: number; readonly high: number } | undefined;
  /** The image's own VOI LUT or first window. */
  readonly voi?: VoiTransformation | undefined;
  /** Millimetres between rows, then between columns. */
  readonly pixelSpacing?: readonly [number, number] | undefined;
}

/** An image as shades, 0 (darkest) to 1, read row by row. */
export interface Shades {
  readonly rows: number;
  readonly columns: number;
  /** Writes row `y` from column `left` on, as many as `out` is long. */
  readRow(y: number, left: number, out: Float64Array): void;
}

/** x = clip((v - low) / (high - low), 0, 1), or 0 everywhere when `high <= low`; v as read, see `mirror`. */
interface WindowBounds {
  readonly low: number;
  readonly high: number;
  /** For MONOCHROME1 max + min, from which each value is taken; undefined for MONOCHROME2. */
  readonly mirror: number | undefined;
}

function extremes({ values, padding }: SourceImage): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    if (padding?.[i] === 1) continue;
    const value = values[i] ?? 0;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? { min, max } : { min: 0, max: 0 };
}

/** The values that are no padding. */
export function measuredValues({ values, padding }: SourceImage): Float32Array {
  if (padding === undefined) return values;
  return values.filter((_, i) => padding[i] !== 1);
}

/**
 * `percentile`: the values at the sorted indices floor(p / 100 * (n - 1)), without interpolation. `fixed`: center -+
 * width / 2. `full-range`: what the stored bits allow, or the values' own range where that is not known.
 */
function windowBounds(image: SourceImage, window: Exclude<Window, { kind: 'voi' }>): WindowBounds {
  const inverted = image.photometricInterpretation === 'MONOCHROME1';
  if (window.kind === 'full-range') {
    const { min, max } = image.range === undefined ? extremes(image) : { min: 0, max: 0 };
    const { low, high } = image.range ?? { low: min, high: max };
    return { low, high, mirror: inverted ? low + high : undefined };
  }
  const { min, max } = inverted ? extremes(image) : { min: 0, max: 0 };
  const mirror = inverted ? max + min : undefined;
  if (window.kind === 'fixed') {
    return {
      low: window.center - window.width / 2,
      high: window.center + window.width / 2,
      mirror,
    };
  }
  const values = measuredValues(image);
  if (values.length === 0) return { low: 0, high: 0, mirror };
  const last = values.length - 1;
  const ranks = [window.low, window.high].map((p) => Math.floor((p / 100) * last));
  // Index k of the inverted values is index last - k of the stored ones.
  const stored = valuesAtRanks(values, mirror === undefined ? ranks : ranks.map((k) => last - k));
  const [low = 0, high = 0] = mirror === undefined ? stored : stored.map((v) => mirror - v);
  return { low, high, mirror };
}

/** An image seen through a window. */
export function shadesOf(image: SourceImage, window: Window): Shades {
  const { values, rows, columns, padding } = image;
  const toShade = window.kind === 'voi' ? throughVoi(image) : undefined;
  const plain = window.kind === 'voi' ? window.otherwise : window;
  const write = toShade ?? throughBounds(windowBounds(image, plain));
  return {
    rows,
    columns,
    readRow: (y, left, out) => {
      const from = y * columns + left;
      write(values, from, out);
      if (padding === undefined) return;
      for (let i = 0; i < out.length; i += 1) if (padding[from + i] === 1) out[i] = 0;
    },
  };
}

type WriteShades = (values: Float32Array, from: number, out: Float64Array) => void;

function throughBounds({ low, high, mirror }: WindowBounds): WriteShades {
  if (high <= low) return (_values, _from, out) => void out.fill(0);
  const range = high - low;
  const sign = mirror === undefined ? 1 : -1;
  const offset = (mirror ?? 0) - low;
  return (values, from, out) => {
    for (let i = 0; i < out.length; i += 1) {
      const x = (sign * (values[from + i] ?? 0) + offset) / range;
      out[i] = Math.min(Math.max(x, 0), 1);
    }
  };
}

/** Undefined for an image without VOI LUT and window. MONOCHROME1 is inverted behind the transformation. */
function throughVoi({ voi, photometricInterpretation }: SourceImage): WriteShades | undefined {
  if (voi === undefined) return undefined;
  const inverted = photometricInterpretation === 'MONOCHROME1';
  return (values, from, out) => {
    for (let i = 0; i < out.length; i += 1) {
      const x = Math.min(Math.max(voi(values[from + i] ?? 0), 0), 1);
      out[i] = inverted ? 1 - x : x;
    }
  };
}
