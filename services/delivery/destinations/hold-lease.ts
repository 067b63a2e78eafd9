import type { Database } from '#platform/database/connect.ts';
import { endLease, LEASE_SECONDS, renewLease, takeLease } from './destination-store.ts';

const RENEW_MS = (LEASE_SECONDS / 3) * 1_000;

interface Lease {
  readonly name: string;
  /** This process, and no other. */
  readonly owner: string;
}

/**
 * Works on a destination while no other process does. A process that dies is followed by another one once its lease
 * has run out.
 * @param work is given a signal that is set when the lease was lost
 * @returns what `work` gives, or undefined when another process has the destination
 */
export async function holdLease<T>(
  database: Database,
  { name, owner }: Lease,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  if (!(await takeLease(database, name, owner))) return undefined;
  const lost = new AbortController();
  let runsOutAt = performance.now() + LEASE_SECONDS * 1_000;
  const timer = setInterval(() => {
    const asked = performance.now();
    if (asked >= runsOutAt) lost.abort();
    renewLease(database, name, owner).then(
      (renewed) => {
        if (renewed) runsOutAt = asked + LEASE_SECONDS * 1_000;
        else lost.abort();
      },
      // The database is away: the lease is good until it runs out.
      () => undefined,
    );
  }, RENEW_MS);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(timer);
    // Where the database is away, it runs out by itself.
    await endLease(database, name, owner).catch(() => undefined);
  }
}
