import { Command } from 'commander';
import { renderThumbnail } from '#dicom/images/render.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { createActiveWork } from '#inference/active-work.ts';
import { startExplainWorker } from '#inference/start-explain-worker.ts';
import { type ShadowWorkerOptions, startShadowWorker } from '#inference/start-shadow-worker.ts';
import { startTriageWorker } from '#inference/start-worker.ts';
import { createWorkerMetrics } from '#inference/worker-metrics.ts';
import { startSweep } from '#intake/sweep.ts';
import { createRuntime, type Runtime } from '#models/runtime/runtime.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { openQueue } from '#queue/open-queue.ts';
import { startOutboxPump } from '#queue/outbox-pump.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { createProcessMetrics } from '../process-metrics.ts';
import { openSite } from '../site.ts';
import { type Hosted, hostProcess } from '../supervise/host-process.ts';

const THUMBNAIL_SIZE = 256;

async function putThumbnail(blobStore: BlobStore, bytes: Uint8Array): Promise<string> {
  const writer = blobStore.createBlob({ folder: 'thumbnails', extension: '.png' });
  try {
    await writer.write(Buffer.from(bytes));
    return (await writer.finish()).path;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** With processes of their own, begun when there is something to run: a hang in shadow holds up nobody. */
function startShadows(
  shared: Omit<ShadowWorkerOptions, 'runtime' | 'decoder'>,
  runtime: Runtime,
): { close(): Promise<void> } {
  const decoder = createPixelDecoder({ processes: 1 });
  const worker = startShadowWorker({ ...shared, runtime, decoder });
  return {
    close: async () => {
      await worker.close();
      await Promise.all([runtime.close(), decoder.close()]);
    },
  };
}

async function startWorkerProcess(config: Config): Promise<Hosted> {
  const site = await openSite(config, 'worker');
  const { database, databaseUrl, blobStore, logger } = site;
  const { executionProviders, processes, threads, timeoutSeconds } = config.inference;
  const queue = await openQueue({
    queueUrl: config.queueUrl,
    databaseUrl,
    logger,
    inBackground: true,
  });
  const { producer } = queue;
  const pump = startOutboxPump({ database, databaseUrl, producer, logger });
  const metrics = createProcessMetrics(config.metrics, config.metrics.workerPort);
  const figures = metrics && createWorkerMetrics(metrics.registry);
  const sweep = startSweep({ database, producer, logger, onReport: figures?.onSweep });
  const limits = { executionProviders, threads, timeoutMs: timeoutSeconds * 1000 };
  const runtime = createRuntime({ ...limits, processes });
  const decoder = createPixelDecoder({ processes });
  const activeWork = createActiveWork();
  const registry = await openSiteRegistry(config, database);
  const blobs = {
    pathOf: (path: string) => blobStore.locate(path),
    put: (bytes: Uint8Array) => putThumbnail(blobStore, bytes),
  };
  const worker = startTriageWorker({
    concurrency: processes,
    onRun: figures?.onRun,
    activeWork,
    ...{ queue, database, registry, runtime, decoder, blobs, logger },
    renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: THUMBNAIL_SIZE }),
    rule: loadPriorityRule(config.priorityRuleFile),
  });
  const shared = { queue, database, registry, blobs, activeWork, logger };
  const shadows = startShadows(shared, createRuntime({ ...limits, processes: 1 }));
  // A process of its own, begun when there is something to explain: a result never waits for an explanation.
  const explainRuntime = createRuntime({ ...limits, processes: 1 });
  const { whenIdle } = activeWork;
  const explainer = startExplainWorker({ ...shared, whenIdle, runtime: explainRuntime, decoder });
  const metricsUrl = await metrics?.open(async () => (await queue.health()).status === 'ok');
  return {
    facts: { metrics: metricsUrl },
    close: async () => {
      await metrics?.close();
      await Promise.all([worker.close(), shadows.close(), explainer.close()]);
      await sweep.close();
      await pump.close();
      await Promise.all([runtime.close(), explainRuntime.close(), decoder.close(), queue.close()]);
      await site.close();
    },
  };
}

export function workerCommand(): Command {
  const command = new Command('worker').description(
    'analyse studies from the queue (one process, any number of them)',
  );
  return withDataOption(command).action(async (options: DataOption) => {
    const config = configFor(options);
    const logger = createLogger({ level: config.logLevel, process: 'worker' });
    await hostProcess(logger, () => startWorkerProcess(config));
  });
}
