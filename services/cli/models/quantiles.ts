/** Milliseconds. */
export interface Quantiles {
  readonly median: number;
  readonly p95: number;
}

export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95) };
}

export function describeQuantiles({ median, p95 }: Quantiles): string {
  return `median ${median.toFixed(2)}, p95 ${p95.toFixed(2)}`;
}
