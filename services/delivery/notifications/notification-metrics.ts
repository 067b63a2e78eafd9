import type { MetricsRegistry } from '#platform/metrics/registry.ts';
import type { Tried } from './start-notifications.ts';

const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];
const OUTCOMES = ['taken', 'failed', 'given-up'] as const;

/** Figures of a worker: what tries to notify came to, by rule. */
export function createNotificationMetrics(registry: MetricsRegistry, rules: readonly string[]) {
  const tries = registry.counter({
    name: 'radtriage_notification_tries_total',
    help: 'Tries to send a notification, tests among them',
  });
  const seconds = registry.histogram({
    name: 'radtriage_notification_seconds',
    help: 'How long after its result a notification was taken',
    buckets: SECONDS,
  });
  // A series that begins with its first event has no increase to alert on.
  for (const rule of rules) for (const outcome of OUTCOMES) tries.add(0, { rule, outcome });
  return {
    onTry: ({ rule, outcome, seconds: took }: Tried): void => {
      tries.add(1, { rule, outcome });
      if (took !== undefined) seconds.observe(took);
    },
  };
}
