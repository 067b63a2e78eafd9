export interface WorkOptions {
  /** Items in work at once. */
  readonly concurrency: number;
  /** Nothing new is begun after it; what is under way comes to its end. */
  readonly signal: AbortSignal;
  readonly onDone: (done: number) => void;
}

/**
 * Works on all items, several at once.
 * @returns the results in the order of the items; fewer when it was stopped
 * @throws what the first piece of work that failed threw, after the others under way have ended
 */
export async function workThrough<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  { concurrency, signal, onDone }: WorkOptions,
): Promise<{ results: readonly Result[]; stopped: boolean }> {
  const results = new Map<number, Result>();
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (!signal.aborted && failures.length === 0) {
      const index = next;
      if (index >= items.length) return;
      next += 1;
      try {
        results.set(index, await work(items[index] as Item));
      } catch (thrown) {
        failures.push(thrown);
        return;
      }
      onDone(results.size);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  if (failures.length > 0) throw failures[0];
  const ordered = [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
  // Ctrl-C in a terminal reaches the model's processes too: what ended after it may have failed for that alone.
  return { results: ordered, stopped: signal.aborted || ordered.length < items.length };
}
