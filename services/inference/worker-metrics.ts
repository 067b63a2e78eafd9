import type { MetricsRegistry } from '#platform/metrics/registry.ts';

const RUN_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Figures of a worker: what the triage jobs came to, and what the sweep found forgotten. */
export function createWorkerMetrics(registry: MetricsRegistry) {
  const runs = registry.counter({
    name: 'radtriage_triage_runs_total',
    help: 'Triage jobs that were run, each try by itself',
  });
  const seconds = registry.histogram({
    name: 'radtriage_triage_seconds',
    help: 'How long a try of a triage job took',
    buckets: RUN_SECONDS,
  });
  const swept = registry.counter({
    name: 'radtriage_swept_runs_total',
    help: 'Analyses that the queue had forgotten: sent again, or begun anew',
  });
  // A series that begins with its first event has no increase to alert on.
  for (const outcome of ['done', 'failed']) runs.add(0, { outcome });
  return {
    onRun: (outcome: 'done' | 'failed', took: number): void => {
      runs.add(1, { outcome });
      seconds.observe(took);
    },
    onSweep: ({ resent, rerun }: { resent: number; rerun: number }): void => {
      swept.add(resent, { how: 'resent' });
      swept.add(rerun, { how: 'rerun' });
    },
  };
}
