import type { Config } from '#platform/config/config.ts';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import { migrateDatabase } from '#platform/database/migrate.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { readRunState } from './run-state.ts';

async function workOn<T>(
  url: string,
  work: (database: Database, url: string) => Promise<T>,
): Promise<T> {
  const database = connectDatabase(url, { poolSize: 4 });
  try {
    await migrateDatabase(database);
    return await work(database, url);
  } finally {
    await database.destroy();
  }
}

/**
 * Runs a short piece of work on the site's database: the configured one, that of the instance running on the data
 * directory, or, when nothing runs, the embedded one, started for as long as the work takes.
 */
export async function withDatabase<T>(
  config: Config,
  work: (database: Database, url: string) => Promise<T>,
): Promise<T> {
  const known = config.databaseUrl ?? readRunState(config.dataDirectory)?.databaseUrl;
  if (known !== undefined) return await workOn(known, work);
  const logger = createLogger({ level: 'warn', process: 'cli' });
  const postgres = await startEmbeddedPostgres(config.dataDirectory, { logger });
  try {
    return await workOn(postgres.url, work);
  } finally {
    await postgres.stop();
  }
}
