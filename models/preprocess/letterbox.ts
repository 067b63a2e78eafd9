/** Where an image lies in the network's input, in cells of that input. */
export interface LetterboxGeometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** Scale s = min(W / w0, H / h0); sides max(1, floor(side * s + 0.5)); centred, rounded towards the upper left. */
export function letterboxGeometry(source: Size, target: Size): LetterboxGeometry {
  const scale = Math.min(target.columns / source.columns, target.rows / source.rows);
  const width = Math.max(1, Math.floor(source.columns * scale + 0.5));
  const height = Math.max(1, Math.floor(source.rows * scale + 0.5));
  return {
    width,
    height,
    left: Math.floor((target.columns - width) / 2),
    top: Math.floor((target.rows - height) / 2),
  };
}

/** For each target cell the source cells that it covers, and the share of each (they sum to 1). */
export interface AreaWeights {
  /** Per target cell: its first source cell. */
  readonly first: Int32Array;
  /** Per target cell: where its shares begin in `shares`; one more entry than cells. */
  readonly start: Int32Array;
  readonly shares: Float64Array;
}

/**
 * Target cell i averages the source interval [i * source / target, (i + 1) * source / target); a partly covered
 * source cell counts by its covered part. The same formula enlarges.
 */
export function areaWeights(source: number, target: number): AreaWeights {
  const first = new Int32Array(target);
  const start = new Int32Array(target + 1);
  const shares: number[] = [];
  for (let i = 0; i < target; i += 1) {
    const from = (i * source) / target;
    const to = ((i + 1) * source) / target;
    first[i] = Math.floor(from);
    start[i] = shares.length;
    const own: number[] = [];
    const end = Math.min(source, Math.ceil(to));
    for (let j = Math.floor(from); j < end; j += 1) {
      own.push(Math.max(0, Math.min(to, j + 1) - Math.max(from, j)));
    }
    const total = own.reduce((sum, share) => sum + share, 0);
    for (const share of own) shares.push(share / total);
  }
  start[target] = shares.length;
  return { first, start, shares: Float64Array.from(shares) };
}

/** The weighted sums of one row, into `out` (as long as the weights have cells). */
export function resampleRow(row: Float64Array, weights: AreaWeights, out: Float64Array): void {
  const { first, start, shares } = weights;
  for (let i = 0; i < first.length; i += 1) {
    let sum = 0;
    const begin = start[i] ?? 0;
    const end = start[i + 1] ?? begin;
    let j = first[i] ?? 0;
    for (let k = begin; k < end; k += 1) {
      sum += (shares[k] ?? 0) * (row[j] ?? 0);
      j += 1;
    }
    out[i] = sum;
  }
}
