/**
 * Exact order statistics of a float32 image in two passes, without sorting or copying it: pixels are counted by the
 * upper 16 bits of their float32 pattern and then, within the bucket that holds a rank, by the lower 16. Patterns of
 * positive numbers order like the numbers, those of negative ones the other way round.
 */
const BUCKETS = 65_536;
const FIRST_NEGATIVE = 32_768;

/** Bucket numbers from the smallest number to the largest: negative ones downwards, then positive ones upwards. */
function bucketAt(position: number): number {
  return position < FIRST_NEGATIVE ? BUCKETS - 1 - position : position - FIRST_NEGATIVE;
}

interface Place {
  readonly bucket: number;
  /** Rank within the bucket. */
  readonly rank: number;
}

function findRank(counts: Uint32Array, rank: number, order: (position: number) => number): Place {
  let below = 0;
  for (let position = 0; position < counts.length; position += 1) {
    const bucket = order(position);
    const count = counts[bucket] ?? 0;
    if (below + count > rank) return { bucket, rank: rank - below };
    below += count;
  }
  throw new RangeError(`rank ${rank} of ${below} values`);
}

function countUpper(bits: Int32Array): Uint32Array {
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i += 1) {
    const bucket = ((bits[i] ?? 0) >> 16) & 0xffff;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

function countLower(bits: Int32Array, upper: number): Uint32Array {
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i += 1) {
    const pattern = bits[i] ?? 0;
    if (((pattern >> 16) & 0xffff) !== upper) continue;
    const cell = pattern & 0xffff;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

/**
 * The values at the given sorted indices (0 is the smallest).
 * @throws RangeError for an index that is not below the length
 */
export function valuesAtRanks(values: Float32Array, ranks: readonly number[]): number[] {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const counts = countUpper(bits);
  const lowerCounts = new Map<number, Uint32Array>();
  const view = new DataView(new ArrayBuffer(4));
  return ranks.map((rank) => {
    const upper = findRank(counts, rank, bucketAt);
    const lower = lowerCounts.get(upper.bucket) ?? countLower(bits, upper.bucket);
    lowerCounts.set(upper.bucket, lower);
    const negative = upper.bucket >= FIRST_NEGATIVE;
    const cell = findRank(lower, upper.rank, (p) => (negative ? BUCKETS - 1 - p : p)).bucket;
    view.setUint32(0, upper.bucket * BUCKETS + cell);
    return view.getFloat32(0);
  });
}
