import { buildObjects } from '#delivery/results/build-objects.ts';
import { readInstallation } from '#delivery/results/installation.ts';
import { startResults } from '#delivery/results/start-results.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import type { EngineOptions } from '#models/analysis/engine.ts';
import type { ModelRegistry } from '#models/registry/registry.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import type { Site } from './site.ts';
import { productVersion } from './version.ts';

/** DICOM objects of results, made as the results come and kept with their studies. */
export async function startResultMaking(
  { database, databaseUrl, blobStore, logger, config }: Site,
  registry: ModelRegistry,
  decoding: EngineOptions['preparer'],
): Promise<{ close(): Promise<void> }> {
  const rule = loadPriorityRule(config.priorityRuleFile);
  const receiver = createInstanceReceiver({ database, blobStore, config, rule, logger });
  // A process of its own: a picture for the PACS never waits for, nor holds up, an analysis.
  const decoder = createPixelDecoder({ ...decoding, processes: 1 });
  const means = { decoder, pathOf: (path: string) => blobStore.locate(path) };
  const making = {
    ...{ database, receiver, config },
    installation: await readInstallation(database, config, productVersion()),
    build: (order: Parameters<typeof buildObjects>[0]) => buildObjects(order, means),
    titleOf: async (id: string, version: string) => {
      const models = await registry.list();
      const found = models.find((model) => model.id === id && model.version === version);
      return found?.manifest?.title;
    },
  };
  const results = startResults({ making, databaseUrl, logger });
  return {
    close: async () => {
      await results.close();
      await Promise.all([decoder.close(), receiver.close()]);
    },
  };
}
