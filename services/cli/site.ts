import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { type BlobStore, openBlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import { createLogger, type Logger } from '#platform/logger/logger.ts';
import { readRunState } from './run-state.ts';

/** What every long-running process of a site works on. */
export interface Site {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly blobStore: BlobStore;
  close(): Promise<void>;
}

/** The folder below the data directory that holds what was received, as plain files. */
export function archiveDirectory(config: Config): string {
  return join(config.dataDirectory, 'archive');
}

/**
 * Opens database and archive for one process.
 * @throws RadTriageError CONFIG_INVALID without a database: a process of its own cannot start the embedded one
 */
export async function openSite(config: Config, processName: string): Promise<Site> {
  const logger = createLogger({ level: config.logLevel, process: processName });
  const databaseUrl = config.databaseUrl ?? readRunState(config.dataDirectory)?.databaseUrl;
  if (databaseUrl === undefined) {
    throw new RadTriageError(
      'CONFIG_INVALID',
      `${processName} needs a database: set RADTRIAGE_DATABASE_URL, or let \`radtriage up\` start everything`,
    );
  }
  const database = connectDatabase(databaseUrl);
  try {
    await migrateDatabase(database);
    const blobStore = await openBlobStore({ directory: archiveDirectory(config) });
    if (blobStore.removedAtStart > 0) {
      logger.warn(
        { files: blobStore.removedAtStart },
        'removed half files that were never acknowledged',
      );
    }
    const close = async (): Promise<void> => {
      await blobStore.close();
      await database.destroy();
    };
    return { config, logger, database, databaseUrl, blobStore, close };
  } catch (error) {
    await database.destroy();
    throw error;
  }
}
