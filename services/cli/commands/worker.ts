import { Command } from 'commander';
import { createNotificationMetrics } from '#delivery/notifications/notification-metrics.ts';
import { startNotifications } from '#delivery/notifications/start-notifications.ts';
import { renderThumbnail } from '#dicom/images/render.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { type ActiveWork, createActiveWork } from '#inference/active-work.ts';
import { type ExplainWorkerOptions, startExplainWorker } from '#inference/start-explain-worker.ts';
import { type ShadowWorkerOptions, startShadowWorker } from '#inference/start-shadow-worker.ts';
import { startTriageWorker } from '#inference/start-worker.ts';
import { createWorkerMetrics } from '#inference/worker-metrics.ts';
import { startSweep } from '#intake/sweep.ts';
import { createEngine, type Engine, type EngineOptions } from '#models/analysis/engine.ts';
import { createRuntime } from '#models/runtime/runtime.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { openQueue } from '#queue/open-queue.ts';
import { startOutboxPump } from '#queue/outbox-pump.ts';
import { engineOptions } from '../engine-options.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { createProcessMetrics } from '../process-metrics.ts';
import { openSite } from '../site.ts';
import { startDelivery } from '../start-delivery.ts';
import { startResultMaking } from '../start-results.ts';
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
  shared: Omit<ShadowWorkerOptions, 'engine'>,
  engine: Engine,
): { close(): Promise<void> } {
  const worker = startShadowWorker({ ...shared, engine });
  return {
    close: async () => {
      await worker.close();
      await engine.close();
    },
  };
}

/** With processes of their own, begun when there is something to explain: a result never waits for an explanation. */
function startExplanations(
  shared: Omit<ExplainWorkerOptions, 'runtime' | 'decoder' | 'whenIdle'> & {
    readonly activeWork: ActiveWork;
  },
  options: EngineOptions,
): { close(): Promise<void> } {
  const decoder = createPixelDecoder(options.preparer);
  const runtime = createRuntime({ ...options.runtime, arenas: [] });
  const { whenIdle } = shared.activeWork;
  const worker = startExplainWorker({ ...shared, whenIdle, runtime, decoder });
  return {
    close: async () => {
      await worker.close();
      await Promise.all([runtime.close(), decoder.close()]);
    },
  };
}

function ruleNames({ notifications }: Config): string[] {
  return notifications.rules.map(({ name }) => name);
}

async function startWorkerProcess(config: Config): Promise<Hosted> {
  const site = await openSite(config, 'worker');
  const { database, databaseUrl, blobStore, logger } = site;
  const { inference } = config;
  const { jobTimeoutMs } = inference;
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
  const engine = createEngine(engineOptions(inference));
  const activeWork = createActiveWork();
  const registry = await openSiteRegistry(config, database);
  const blobs = {
    pathOf: (path: string) => blobStore.locate(path),
    put: (bytes: Uint8Array) => putThumbnail(blobStore, bytes),
  };
  const notifying = metrics && createNotificationMetrics(metrics.registry, ruleNames(config));
  const notifications = startNotifications({
    ...{ database, logger, settings: config.notifications },
    onTry: notifying?.onTry,
  });
  const worker = startTriageWorker({
    queue,
    concurrency: engine.runtime.processes,
    onRun: (outcome, seconds) => {
      figures?.onRun(outcome, seconds);
      notifications.wake();
    },
    activeWork,
    ...{ database, registry, engine, jobTimeoutMs, blobs, logger },
    renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: THUMBNAIL_SIZE }),
    rule: loadPriorityRule(config.priorityRuleFile),
    notificationRules: config.notifications.rules,
  });
  const shared = { queue, database, registry, blobs, activeWork, logger };
  const shadows = startShadows(shared, createEngine(engineOptions(inference, 1)));
  const explanations = startExplanations(shared, engineOptions(inference, 1));
  const results = await startResultMaking(site, registry, engineOptions(inference, 1).preparer);
  const delivery = startDelivery(site, metrics);
  const metricsUrl = await metrics?.open(async () => (await queue.health()).status === 'ok');
  return {
    facts: { metrics: metricsUrl },
    close: async () => {
      await metrics?.close();
      await Promise.all([
        ...[
          worker.close(),
          shadows.close(),
          explanations.close(),
          results.close(),
          delivery.close(),
        ],
      ]);
      await Promise.all([sweep.close(), notifications.close()]);
      await pump.close();
      await Promise.all([engine.close(), queue.close()]);
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
