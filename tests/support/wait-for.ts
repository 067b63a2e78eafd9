/** Polls a condition until it gives something truthy, or fails at the deadline saying what it waited for. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { deadlineMs?: number; everyMs?: number; what: string },
): Promise<NonNullable<T>> {
  const deadline = Date.now() + (options.deadlineMs ?? 10_000);
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as NonNullable<T>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(`deadline passed while waiting for ${options.what}`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 25));
  }
}
