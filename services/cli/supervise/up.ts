import { resolve } from 'node:path';
import { z } from 'zod';
import { type Config, environmentForChild } from '#platform/config/config.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { PROCESS_SETTINGS } from '../../../bin/process-settings.mjs';
import { activateAllModels } from '../model-registry.ts';
import { operatorName } from '../operator.ts';
import { clearRunState, type RunState, writeRunState } from '../run-state.ts';
import { type KeptChild, keepChild, type ReadyFacts } from './keep-child.ts';

const ENTRY = resolve(import.meta.dirname, '../../../bin/radtriage.mjs');

const listenerFacts = z.looseObject({
  dicom: z.object({
    aeTitle: z.string(),
    host: z.string(),
    port: z.number(),
    tlsPort: z.number().optional(),
  }),
});
const webFacts = z.looseObject({ http: z.object({ url: z.string(), port: z.number() }) });

export interface UpOptions {
  readonly activateModels: boolean;
}

export interface RunningSystem {
  readonly state: RunState;
  close(): Promise<void>;
}

/** Environment of the children: ours, with what only the supervisor knows on top. */
function childEnvironment(config: Config, databaseUrl: string): Record<string, string | undefined> {
  return {
    ...environmentForChild(config),
    RADTRIAGE_DATABASE_URL: databaseUrl,
  };
}

async function prepareDatabase(config: Config, url: string, options: UpOptions): Promise<void> {
  const database = connectDatabase(url, { poolSize: 2 });
  try {
    await migrateDatabase(database);
    if (options.activateModels) await activateAllModels(config, database, operatorName());
  } finally {
    await database.destroy();
  }
}

/**
 * Everything on one machine: the embedded Postgres unless a database is configured, then listener, worker and web, each
 * a process of its own that is started again when it dies. Closed in the order in which work flows, the database last.
 */
export async function startSystem(
  config: Config,
  options: UpOptions,
  logger: Logger,
): Promise<RunningSystem> {
  const postgres =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres(config.dataDirectory, { logger })
      : undefined;
  const databaseUrl = config.databaseUrl ?? postgres?.url ?? '';
  const environment = childEnvironment(config, databaseUrl);
  const processes: Record<string, number> = {};
  const children: KeptChild[] = [];
  let state: RunState | undefined;

  const keep = (
    name: string,
    onFacts: (facts: ReadyFacts) => void = () => undefined,
  ): KeptChild => {
    const child = keepChild(
      ENTRY,
      {
        name,
        args: [name],
        nodeFlags: PROCESS_SETTINGS[name]?.nodeFlags ?? [],
        environment: () => ({ ...environment, ...PROCESS_SETTINGS[name]?.environment }),
        onReady: (facts) => {
          processes[name] = facts.pid;
          onFacts(facts);
          if (state !== undefined)
            writeRunState(config.dataDirectory, { ...state, processes: { ...processes } });
        },
      },
      logger,
    );
    children.push(child);
    return child;
  };
  const close = async (): Promise<void> => {
    // A word to the whole process group (systemd, Ctrl-C) reaches the children as soon as us.
    for (const child of children) child.retire();
    for (const child of children) await child.stop();
    await postgres?.stop();
    clearRunState(config.dataDirectory);
  };

  try {
    await prepareDatabase(config, databaseUrl, options);
    const listener = keep('listener', (facts) => {
      const { port, tlsPort } = listenerFacts.parse(facts).dicom;
      if (config.dicom.port !== null) environment['RADTRIAGE_DICOM_PORT'] = String(port);
      if (tlsPort !== undefined) environment['RADTRIAGE_DICOM_TLS_PORT'] = String(tlsPort);
    });
    const worker = keep('worker');
    const web = keep('web', (facts) => {
      environment['RADTRIAGE_HTTP_PORT'] = String(webFacts.parse(facts).http.port);
    });
    const [listening, , serving] = await Promise.all([listener.ready, worker.ready, web.ready]);
    state = {
      pid: process.pid,
      databaseUrl,
      dicom: listenerFacts.parse(listening).dicom,
      http: { url: webFacts.parse(serving).http.url },
      processes: { ...processes },
    };
    writeRunState(config.dataDirectory, state);
    return { state, close };
  } catch (error) {
    await close();
    throw error;
  }
}
