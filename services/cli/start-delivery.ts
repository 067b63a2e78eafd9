import { createDeliveryMetrics } from '#delivery/destinations/delivery-metrics.ts';
import { startDeliveries } from '#delivery/destinations/start-deliveries.ts';
import type { ProcessMetrics } from './process-metrics.ts';
import type { Site } from './site.ts';

/** Results on their way to destinations, with their figures. */
export function startDelivery(
  { database, databaseUrl, blobStore, logger, config }: Site,
  metrics: ProcessMetrics | undefined,
): { close(): Promise<void> } {
  const { destinations } = config;
  const figures = metrics && createDeliveryMetrics(metrics.registry, database, destinations);
  const deliveries = startDeliveries({
    ...{ database, databaseUrl, destinations, config, logger, onResult: figures?.onResult },
    locate: (path) => blobStore.locate(path),
  });
  return {
    close: async () => {
      if (figures !== undefined) clearInterval(figures.timer);
      await deliveries.close();
    },
  };
}
