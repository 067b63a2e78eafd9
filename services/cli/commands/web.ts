import { resolve } from 'node:path';
import { Command } from 'commander';
import { deliveryRoutes } from '#delivery/destinations/delivery-routes.ts';
import { failedResultRoutes } from '#delivery/results/failed-result-routes.ts';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import type { Config } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { comparisonRoutes } from '#quality/model-comparison/comparison-routes.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { openQueue } from '#queue/open-queue.ts';
import { startWeb } from '#worklist/start-web.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { openSite } from '../site.ts';
import { type Hosted, hostProcess } from '../supervise/host-process.ts';
import { productVersion } from '../version.ts';

const VIEWER = resolve(import.meta.dirname, '../../../viewer/dist');

async function startWebProcess(config: Config): Promise<Hosted> {
  const site = await openSite(config, 'web');
  const { database, databaseUrl, blobStore, logger } = site;
  const queue = await openQueue({
    queueUrl: config.queueUrl,
    databaseUrl,
    logger,
    inBackground: true,
  });
  const rule = loadPriorityRule(config.priorityRuleFile);
  const receiver = createInstanceReceiver({ database, blobStore, config, rule, logger });
  const web = await startWeb({
    config,
    database,
    databaseUrl,
    blobStore,
    receiver,
    queue,
    logger,
    version: productVersion(),
    viewerDirectory: VIEWER,
    registry: await openSiteRegistry(config, database),
    extraRoutes: [
      qualityRoutes,
      deliveryRoutes,
      failedResultRoutes,
      (services) => comparisonRoutes({ ...services, rule }),
    ],
  });
  return {
    facts: { http: { url: web.url, port: Number(new URL(web.url).port) } },
    close: async () => {
      await web.close();
      await receiver.close();
      await queue.close();
      await site.close();
    },
  };
}

export function webCommand(): Command {
  const command = new Command('web').description('serve the page, the API and DICOMweb');
  return withDataOption(command).action(async (options: DataOption) => {
    const config = configFor(options);
    const logger = createLogger({ level: config.logLevel, process: 'web' });
    await hostProcess(logger, () => startWebProcess(config));
  });
}
