/** Ranks from 1; ties share the mean of theirs. */
function midranks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  let start = 0;
  while (start < order.length) {
    let end = start;
    while (end + 1 < order.length && order[end + 1]?.value === order[start]?.value) end++;
    for (let at = start; at <= end; at++) {
      const entry = order[at];
      if (entry !== undefined) ranks[entry.index] = (start + end) / 2 + 1;
    }
    start = end + 1;
  }
  return ranks;
}

/**
 * For each score, the share of the other group's that it stands above (ties half): what DeLong calls the placement
 * values, by midranks (Sun and Xu, IEEE Signal Process Lett 2014;21:1389).
 */
export function placements(own: readonly number[], other: readonly number[]): number[] {
  const together = midranks([...own, ...other]);
  const alone = midranks(own);
  return own.map((_, index) => ((together[index] ?? 0) - (alone[index] ?? 0)) / other.length);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With n - 1 in the denominator; NaN for fewer than two values. */
export function sampleVariance(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return squares / (values.length - 1);
}
