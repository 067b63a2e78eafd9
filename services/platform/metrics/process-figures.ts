import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricsRegistry } from './registry.ts';

const NANOSECONDS = 1e9;

/** What any Node process can say of itself, under the names that dashboards know. */
export function addProcessFigures(registry: MetricsRegistry): { close(): void } {
  const startedAt = Date.now() / 1000 - process.uptime();
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  registry.gauge(
    { name: 'process_start_time_seconds', help: 'When the process started, Unix time' },
    () => startedAt,
  );
  registry.gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory' }, () =>
    process.memoryUsage.rss(),
  );
  registry.readCounter(
    { name: 'process_cpu_seconds_total', help: 'CPU time used since the start' },
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
  registry.gauge(
    {
      name: 'nodejs_eventloop_lag_p99_seconds',
      help: '99th percentile of how late the event loop was since the last scrape',
    },
    () => {
      const late = delay.percentile(99) / NANOSECONDS;
      delay.reset();
      return late;
    },
  );
  return { close: () => delay.disable() };
}
