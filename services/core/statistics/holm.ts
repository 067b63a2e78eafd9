/**
 * P values adjusted for being several (Holm, Scand J Stat 1979;6:65), in the order given. Tests without a p value
 * count for nothing and stay null.
 */
export function holmAdjust(pValues: readonly (number | null)[]): (number | null)[] {
  const ordered = pValues
    .map((value, index) => ({ value, index }))
    .filter((test): test is { value: number; index: number } => test.value !== null)
    .sort((a, b) => a.value - b.value);
  const adjusted = new Array<number | null>(pValues.length).fill(null);
  let largest = 0;
  for (const [rank, { value, index }] of ordered.entries()) {
    largest = Math.max(largest, Math.min(1, value * (ordered.length - rank)));
    adjusted[index] = largest;
  }
  return adjusted;
}
