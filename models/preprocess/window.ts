import { RadTriageError } from '#core/errors.ts';
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
}

/** x = clip((v - low) / (high - low), 0, 1), or 0 everywhere when `high <= low`; v as read, see `mirror`. */
export interface WindowBounds {
  readonly low: number;
  readonly high: number;
  /** For MONOCHROME1 max + min, from which each value is taken; undefined for MONOCHROME2. */
  readonly mirror: number | undefined;
}

function extremes(values: Float32Array): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/**
 * `percentile`: the values at the sorted indices floor(p / 100 * (n - 1)), without interpolation.
 * `fixed`: center -+ width / 2.
 */
export function windowBounds(image: SourceImage, window: Window): WindowBounds {
  const { values, photometricInterpretation } = image;
  const inverted = photometricInterpretation === 'MONOCHROME1';
  const { min, max } = inverted ? extremes(values) : { min: 0, max: 0 };
  const mirror = inverted ? max + min : undefined;
  if (window.kind === 'fixed') {
    return {
      low: window.center - window.width / 2,
      high: window.center + window.width / 2,
      mirror,
    };
  }
  if (window.kind !== 'percentile') {
    throw new RadTriageError('MODEL_MANIFEST_INVALID', `no window of kind ${window.kind} yet`);
  }
  const last = values.length - 1;
  const ranks = [window.low, window.high].map((p) => Math.floor((p / 100) * last));
  // Index k of the inverted values is index last - k of the stored ones.
  const stored = valuesAtRanks(values, mirror === undefined ? ranks : ranks.map((k) => last - k));
  const [low = 0, high = 0] = mirror === undefined ? stored : stored.map((v) => mirror - v);
  return { low, high, mirror };
}

/** Writes one windowed row, 0 to 1, into `out`. */
export function windowRow(
  source: Float32Array,
  bounds: WindowBounds,
  out: Float64Array,
): Float64Array {
  const { low, high, mirror } = bounds;
  if (high <= low) return out.fill(0);
  const range = high - low;
  const sign = mirror === undefined ? 1 : -1;
  const offset = (mirror ?? 0) - low;
  for (let i = 0; i < source.length; i += 1) {
    const x = (sign * (source[i] ?? 0) + offset) / range;
    out[i] = Math.min(Math.max(x, 0), 1);
  }
  return out;
}
