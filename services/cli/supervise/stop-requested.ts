/** Resolves at the first SIGINT or SIGTERM. Later ones change nothing: closing goes on in order. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => resolve());
  });
}
