import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  type DestinationCounts,
  readDestinationCounts,
} from '#platform/deliveries/count-deliveries.ts';
import type { Labels, MetricsRegistry } from '#platform/metrics/registry.ts';
import type { Result } from './delivery-store.ts';

const EVERY_MS = 10_000;

/** Figures of deliveries by destination: what came of attempts, and what waits. */
export function createDeliveryMetrics(
  registry: MetricsRegistry,
  database: Database,
  destinations: readonly Destination[],
) {
  const attempts = registry.counter({
    name: 'radtriage_delivery_attempts_total',
    help: 'Attempts to send a result object, by destination and what came of them',
  });
  // A series that begins with its first event has no increase to alert on.
  for (const { name: destination } of destinations) {
    for (const outcome of ['taken', 'try-again', 'refused', 'given-up'] as const) {
      attempts.add(0, { destination, outcome });
    }
  }
  let counts: readonly DestinationCounts[] = [];
  const gauge = (name: string, help: string, read: (of: DestinationCounts) => number): void => {
    registry.labelledGauge({ name: `radtriage_deliveries_${name}`, help }, () =>
      counts.map((of): [Labels, number] => [{ destination: of.name }, read(of)]),
    );
  };
  gauge('waiting', 'Result objects that wait to be sent', ({ waiting }) => waiting);
  gauge('dead', 'Result objects that were not sent and wait for a decision', ({ dead }) => dead);
  gauge('sent_last_day', 'Result objects taken in the last 24 hours', (of) => of.sentLastDay);
  gauge('uncommitted', 'Taken, with storage commitment not yet given', (of) => of.uncommitted);
  gauge('oldest_waiting_seconds', 'How long the oldest waiting result object has waited', (of) =>
    of.oldestWaiting === null ? 0 : Math.max(0, (Date.now() - of.oldestWaiting.getTime()) / 1_000),
  );
  gauge('reachable', '1 when the last contact succeeded', (of) => (of.reachableSince ? 1 : 0));
  const look = (): void => {
    readDestinationCounts(database).then(
      (found) => {
        const names = new Set(destinations.map(({ name }) => name));
        counts = found.filter(({ name, waiting, dead }) => names.has(name) || waiting + dead > 0);
      },
      // What is not known is left out rather than told as it was.
      () => {
        counts = [];
      },
    );
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return {
    onResult: (destination: string, outcome: Result['event']): void =>
      attempts.add(1, { destination, outcome }),
    /** Looks for what waits; to be cleared at the end. */
    timer,
  };
}
