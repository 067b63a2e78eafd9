import type { Config } from '#platform/config/config.ts';
import { addProcessFigures } from '#platform/metrics/process-figures.ts';
import { MetricsRegistry } from '#platform/metrics/registry.ts';
import { serveMetrics } from '#platform/metrics/serve-metrics.ts';

export interface ProcessMetrics {
  readonly registry: MetricsRegistry;
  /** Opens the port, once the process serves. @returns its address. @throws RadTriageError PORT_IN_USE */
  open(isReady: () => boolean | Promise<boolean>): Promise<string>;
  close(): Promise<void>;
}

/** Figures of one process; undefined when the site gave it no port. */
export function createProcessMetrics(
  metrics: Config['metrics'],
  port: number | undefined,
): ProcessMetrics | undefined {
  if (port === undefined) return undefined;
  const registry = new MetricsRegistry();
  const figures = addProcessFigures(registry);
  let close = async (): Promise<void> => undefined;
  return {
    registry,
    open: async (isReady) => {
      const opened = await serveMetrics({ metrics, port, registry, isReady });
      close = opened.close;
      return opened.url;
    },
    close: async () => {
      figures.close();
      await close();
    },
  };
}
