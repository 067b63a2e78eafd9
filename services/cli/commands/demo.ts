import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { createLogger } from '#platform/logger/logger.ts';
import { runDemo } from '../demo/run-demo.ts';
import { configFor, parsePort } from '../options.ts';
import { print, printNote } from '../output.ts';
import { stopRequested } from '../supervise/stop-requested.ts';
import { startSystem } from '../supervise/up.ts';

const DICOM_PORT = 11_112;
const HTTP_PORT = 8080;
/** Short, so that the list fills while one watches. */
const QUIET_SECONDS = 2;

interface DemoCommandOptions {
  readonly dicomPort?: number;
  readonly httpPort?: number;
  readonly exit?: boolean;
}

/** The port that people expect when it is free, any other when it is not. */
async function preferPort(port: number): Promise<number> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free ? port : 0;
}

async function run(options: DemoCommandOptions): Promise<void> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'radtriage-demo-'));
  const config = configFor(
    { data: dataDirectory },
    {
      site: 'Demonstration',
      logLevel: 'warn',
      dicom: { port: options.dicomPort ?? (await preferPort(DICOM_PORT)) },
      http: { port: options.httpPort ?? (await preferPort(HTTP_PORT)) },
      assembly: { quietSeconds: QUIET_SECONDS },
    },
  );
  const logger = createLogger({ level: config.logLevel, process: 'demo' });
  let stopping = false;
  const stop = stopRequested().then(() => {
    stopping = true;
  });
  print('Starting RadTriage with an embedded Postgres ...');
  const system = await startSystem(config, { activateModels: true }, logger);
  try {
    const whole = await runDemo({ config, system, logger, stopping: () => stopping });
    if (whole && options.exit !== true) {
      print('\nThe system goes on running. Ctrl-C ends it and removes its data.');
      await stop;
    }
  } finally {
    printNote('\nStopping ...');
    await system.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('run everything on generated studies, in a folder that is removed at the end')
    .option(
      '--dicom-port <port>',
      `port of the DICOM listener (${DICOM_PORT}, or any free one)`,
      parsePort,
    )
    .option('--http-port <port>', `port of the page (${HTTP_PORT}, or any free one)`, parsePort)
    .option('--exit', 'end when every study has its result')
    .action(run);
}
