import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';
import type { Logger } from '../logger/logger.ts';

const BEAT_MS = 5_000;

export interface HeartbeatOptions {
  readonly database: Database;
  /** `listener`, `worker` or `web`, followed by a colon and more where several run. */
  readonly process: string;
  readonly logger: Logger;
  /** What others may want to know of this process; read anew at each beat. */
  readonly details?: Readonly<Record<string, unknown>>;
}

async function beat({ database, process, details }: HeartbeatOptions): Promise<void> {
  const row = { at: sql<Date>`now()`, details: JSON.stringify(details ?? {}) };
  await database
    .insertInto('heartbeat')
    .values({ process, ...row })
    .onConflict((conflict) => conflict.column('process').doUpdateSet(row))
    .execute();
}

/** Leaves a sign of life in the database every few seconds. While the database is away, it is merely missed. */
export function startHeartbeat(options: HeartbeatOptions): { close(): void } {
  const tryToBeat = (): void => {
    beat(options).catch((error: unknown) =>
      options.logger.debug({ err: error }, 'heartbeat missed'),
    );
  };
  tryToBeat();
  const timer = setInterval(tryToBeat, BEAT_MS);
  return { close: () => clearInterval(timer) };
}
