/**
 * Exact order statistics of a float32 image in two passes, without sorting or copying it: pixels are counted by the
 * upper 16 bits of their float32 pattern and then, within the bucket that holds a rank, by the lower 16. Patterns of
 * positive numbers order like the numbers, those of negative ones the other way round.
 */
const BUCKETS = 65_536;
const FIRST_NEGATIVE = 32_768;

interface Place {
  readonly bucket: number;
  /** Rank within the bucket. */
  readonly rank: number;
}

/** Buckets one after the other, upwards or downwards. Plain loops: this is a third of what a slice's input takes. */
function findUpwards(counts: Uint32Array, begin: number, rank: number): Place {
  let below = 0;
  for (let bucket = begin; bucket < counts.length; bucket += 1) {
    const count = counts[bucket] ?? 0;
    if (below + count > rank) return { bucket, rank: rank - below };
    below += count;
  }
  throw new RangeError(`rank ${rank} of ${below} values`);
}

function findDownwards(counts: Uint32Array, rank: number): Place {
  let below = 0;
  for (let bucket = counts.length - 1; bucket >= 0; bucket -= 1) {
    const count = counts[bucket] ?? 0;
    if (below + count > rank) return { bucket, rank: rank - below };
    below += count;
  }
  throw new RangeError(`rank ${rank} of ${below} values`);
}

/** Negative numbers come first, from the highest pattern down, then the positive ones. */
function findUpper(counts: Uint32Array, rank: number): Place {
  let negative = 0;
  for (let bucket = FIRST_NEGATIVE; bucket < BUCKETS; bucket += 1) negative += counts[bucket] ?? 0;
  return rank < negative ? findDownwards(counts, rank) : findUpwards(counts, 0, rank - negative);
}

function countUpper(bits: Int32Array): Uint32Array {
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i += 1) {
    const bucket = (bits[i] ?? 0) >>> 16;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

function countLower(bits: Int32Array, upper: number): Uint32Array {
  const counts = new Uint32Array(BUCKETS);
  for (let i = 0; i < bits.length; i += 1) {
    const pattern = bits[i] ?? 0;
    if (pattern >>> 16 !== upper) continue;
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
    if (rank >= bits.length) throw new RangeError(`rank ${rank} of ${bits.length} values`);
    const upper = findUpper(counts, rank);
    const lower = lowerCounts.get(upper.bucket) ?? countLower(bits, upper.bucket);
    lowerCounts.set(upper.bucket, lower);
    const isNegative = upper.bucket >= FIRST_NEGATIVE;
    const { bucket } = isNegative
      ? findDownwards(lower, upper.rank)
      : findUpwards(lower, 0, upper.rank);
    view.setUint32(0, upper.bucket * BUCKETS + bucket);
    return view.getFloat32(0);
  });
}
