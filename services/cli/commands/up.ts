import { Command } from 'commander';
import { createLogger } from '#platform/logger/logger.ts';
import { configFor, type DataOption, parsePort, withDataOption } from '../options.ts';
import { printJson } from '../output.ts';
import { stopRequested } from '../supervise/stop-requested.ts';
import { startSystem } from '../supervise/up.ts';

export interface UpCommandOptions extends DataOption {
  readonly dicomPort?: number;
  readonly httpPort?: number;
  readonly activateModels?: boolean;
}

export function configForUp(options: UpCommandOptions) {
  return configFor(options, {
    ...(options.dicomPort === undefined ? {} : { dicom: { port: options.dicomPort } }),
    ...(options.httpPort === undefined ? {} : { http: { port: options.httpPort } }),
  });
}

export function upCommand(): Command {
  const command = new Command('up')
    .description(
      'run everything: listener, worker, web and, unless a database is configured, an embedded Postgres',
    )
    .option('--dicom-port <port>', 'port of the DICOM listener (0: any free one)', parsePort)
    .option('--http-port <port>', 'port of the page and API (0: any free one)', parsePort)
    .option('--activate-models', 'promote every model that is in shadow, recorded as this command');
  return withDataOption(command).action(async (options: UpCommandOptions) => {
    const config = configForUp(options);
    const logger = createLogger({ level: config.logLevel, process: 'up' });
    const stop = stopRequested();
    const system = await startSystem(
      config,
      { activateModels: options.activateModels === true },
      logger,
    );
    const { dicom, http, processes } = system.state;
    printJson({ ready: true, dicom, http, processes });
    await stop;
    await system.close();
  });
}
