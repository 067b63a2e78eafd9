import { Command } from 'commander';
import { startAssembly } from '#intake/assemble-studies.ts';
import { startRetention } from '#intake/retention/start-retention.ts';
import { startDimseServices } from '#listener/dimse-services.ts';
import { startDoorLog } from '#listener/door-log.ts';
import { createDoorMetrics, type DoorSurroundings } from '#listener/door-metrics.ts';
import { createReleaseSignals } from '#listener/release-signals.ts';
import { startListener } from '#listener/start-listener.ts';
import { timeSyncs } from '#platform/blob-store/journal/timed-disk.ts';
import { loadCompletenessRules } from '#platform/completeness-rule/load-rule.ts';
import type { Config } from '#platform/config/config.ts';
import { readDiskSpace, watchDisk } from '#platform/disk/watch-disk.ts';
import { startHeartbeat } from '#platform/heartbeat/heartbeat.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { startSettlingReports } from '#platform/outside-reports/settle-waiting.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { keepDoorOpen, type RisDoor } from '#ris/keep-door-open.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { createProcessMetrics } from '../process-metrics.ts';
import { openReceiving } from '../receiving.ts';
import { archiveDirectory, openSite, type Site } from '../site.ts';
import { type Hosted, hostProcess } from '../supervise/host-process.ts';

/** What each beat of the heart says of this process, read anew: the administrator's page and `doctor` show it. */
function describeListener(
  dicom: { host: string; port: number },
  ris: RisDoor | undefined,
  around: DoorSurroundings,
) {
  return {
    dicom,
    get hl7() {
      return addressOf(ris);
    },
    get disk() {
      return around.disk();
    },
    get door() {
      return around.associations();
    },
    get backlog() {
      const { instances, oldestMs } = around.backlog();
      return { objects: instances, oldestSeconds: oldestMs / 1000 };
    },
  };
}

function addressOf(ris: RisDoor | undefined): { host: string; port: number } | undefined {
  return ris?.opened && { host: ris.opened.host, port: ris.opened.port };
}

/** The door for HL7, where the site has one. */
async function openRis({ config, database, logger }: Site): Promise<RisDoor | undefined> {
  const { port } = config.hl7;
  if (port === null) return undefined;
  return keepDoorOpen({ config: { ...config.hl7, port }, rules: config, database, logger });
}

/** The door, and what follows from it without the queue: keeping, indexing, and telling when a study is complete. */
async function startListenerProcess(config: Config): Promise<Hosted> {
  const site = await openSite(config, 'listener');
  const { database, databaseUrl, logger } = site;
  const rule = loadPriorityRule(config.priorityRuleFile);
  const completeness = loadCompletenessRules(config.assembly.completenessRuleFile);
  const metrics = createProcessMetrics(config.metrics, config.metrics.listenerPort);
  const around: { door?: DoorSurroundings } = {};
  const titles = config.dicom.peers.map((peer) => peer.aeTitle);
  const figures = metrics && createDoorMetrics(metrics.registry, titles, () => around.door);
  const syncs = figures && timeSyncs(figures.observeSync);
  const receiving = await openReceiving(site, rule, syncs);
  const { receiver, journal } = receiving;
  const releases = createReleaseSignals({ database, logger, rules: completeness });
  const doorLog = startDoorLog({ database, logger });
  const services = startDimseServices(site);
  const listener = await startListener({
    ...{ config, logger, services: services.offered },
    receiver: releases.watch(receiver),
    onEvent: (event) => {
      doorLog.observe(event);
      releases.observe(event);
      figures?.observe(event);
    },
  });
  doorLog.watch(listener);
  const assembly = startAssembly({ database, databaseUrl, assembly: config.assembly, logger });
  const ris = await openRis(site);
  const reports = startSettlingReports({ database, rules: config, logger });
  const disk = watchDisk({ directory: archiveDirectory(config), database, logger });
  const retention = startRetention({
    ...{ database, blobStore: site.blobStore, logger, actor: 'retention' },
    retention: config.retention,
    readSpace: () => readDiskSpace(archiveDirectory(config)),
  });
  const { aeTitle, host, port, tlsPort } = listener;
  around.door = {
    associations: () => doorLog.counts(),
    backlog: () => receiver.backlog(),
    readySlots: () => journal.ready,
    disk: () => disk.space,
  };
  const details = describeListener({ host, port }, ris, around.door);
  const heartbeat = startHeartbeat({ database, process: 'listener', logger, details });
  const metricsUrl = await metrics?.open(() => disk.space !== undefined);
  return {
    facts: { dicom: { aeTitle, host, port, tlsPort }, hl7: addressOf(ris), metrics: metricsUrl },
    close: async () => {
      await metrics?.close();
      await ris?.close();
      await reports.close();
      await listener.close();
      await doorLog.close();
      await receiving.close();
      await releases.close();
      await services.close();
      await assembly.close();
      await retention.close();
      heartbeat.close();
      disk.close();
      await site.close();
    },
  };
}

export function listenerCommand(): Command {
  const command = new Command('listener').description(
    'receive studies over DICOM, keep them, and say when they are complete (one process)',
  );
  return withDataOption(command).action(async (options: DataOption) => {
    const config = configFor(options);
    const logger = createLogger({ level: config.logLevel, process: 'listener' });
    await hostProcess(logger, () => startListenerProcess(config));
  });
}
