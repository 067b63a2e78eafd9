/** A network's input as preprocessing gives it: float32, row-major [channels, rows, columns]. */
export interface NetworkInput {
  readonly data: Float32Array;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** The score that is to be explained, 0 to 1, of each input in order. Rejects as the runtime does. */
export type ScoreInputs = (inputs: readonly Float32Array[]) => Promise<readonly number[]>;

/**
 * `shown` where `keep` is 1, `hidden` where it is 0, and a mixture between.
 * @param keep [rows, columns], 0 to 1, the same for all channels
 */
export function blendInputs(
  input: NetworkInput,
  hidden: Float32Array,
  keep: Float32Array,
): Float32Array {
  const { data, channels } = input;
  const plane = input.rows * input.columns;
  const out = new Float32Array(data.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const from = channel * plane;
    for (let i = 0; i < plane; i += 1) {
      const behind = hidden[from + i] ?? 0;
      out[from + i] = behind + (keep[i] ?? 0) * ((data[from + i] ?? 0) - behind);
    }
  }
  return out;
}
