import { Command } from 'commander';
import { startAssembly } from '#intake/assemble-studies.ts';
import { startDimseServices } from '#listener/dimse-services.ts';
import { startDoorLog } from '#listener/door-log.ts';
import { createReleaseSignals } from '#listener/release-signals.ts';
import { startListener } from '#listener/start-listener.ts';
import { loadCompletenessRules } from '#platform/completeness-rule/load-rule.ts';
import type { Config } from '#platform/config/config.ts';
import { watchDisk } from '#platform/disk/watch-disk.ts';
import { startHeartbeat } from '#platform/heartbeat/heartbeat.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { openReceiving } from '../receiving.ts';
import { archiveDirectory, openSite } from '../site.ts';
import { type Hosted, hostProcess } from '../supervise/host-process.ts';

/** The door, and what follows from it without the queue: keeping, indexing, and telling when a study is complete. */
async function startListenerProcess(config: Config): Promise<Hosted> {
  const site = await openSite(config, 'listener');
  const { database, databaseUrl, logger } = site;
  const rule = loadPriorityRule(config.priorityRuleFile);
  const completeness = loadCompletenessRules(config.assembly.completenessRuleFile);
  const receiving = await openReceiving(site, rule);
  const { receiver } = receiving;
  const releases = createReleaseSignals({ database, logger, rules: completeness });
  const doorLog = startDoorLog({ database, logger });
  const services = startDimseServices(site);
  const listener = await startListener({
    ...{ config, logger, services: services.offered },
    receiver: releases.watch(receiver),
    onEvent: (event) => {
      doorLog.observe(event);
      releases.observe(event);
    },
  });
  doorLog.watch(listener);
  const assembly = startAssembly({ database, databaseUrl, assembly: config.assembly, logger });
  const disk = watchDisk({ directory: archiveDirectory(config), database, logger });
  // Read anew at each beat: what the administrator's page and `doctor` say of this process.
  const { aeTitle, host, port, tlsPort } = listener;
  const details = {
    dicom: { host, port },
    get disk() {
      return disk.space;
    },
    get door() {
      return doorLog.counts();
    },
    get backlog() {
      const { instances, oldestMs } = receiver.backlog();
      return { objects: instances, oldestSeconds: oldestMs / 1000 };
    },
  };
  const heartbeat = startHeartbeat({ database, process: 'listener', logger, details });
  return {
    facts: { dicom: { aeTitle, host, port, tlsPort } },
    close: async () => {
      await listener.close();
      await doorLog.close();
      await receiving.close();
      await releases.close();
      await services.close();
      await assembly.close();
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
