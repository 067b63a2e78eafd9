/** WebAssembly memory grows and never shrinks: above this the parent replaces the process. */
const SPENT_ABOVE_BYTES = 1.5 * 2 ** 30;

/** Whether this decoding process has grown too large to be used again. */
export function isSpent(): boolean {
  return process.memoryUsage.rss() > SPENT_ABOVE_BYTES;
}

/** A trap leaves the memory of a WebAssembly module in an unknown state. */
export function hasTrapped(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error.name === 'RuntimeError') return true;
  }
  return false;
}
