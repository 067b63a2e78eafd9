import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { RadTriageError } from '#core/errors.ts';
import type { DatabaseSchema } from './schema.ts';

export type Database = Kysely<DatabaseSchema>;

/** Opens a pool. Nothing is sent until the first query. */
export function connectDatabase(url: string, options: { poolSize?: number } = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? 8,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // A connection that dies while idle is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The pool takes its own listener off while a connection is lent out: one that dies between two statements of a
  // transaction would end the process too. The next statement fails, which is where it is handled.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<DatabaseSchema>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
}

/** A connection of its own that listens on a channel and comes back after every loss. */
export interface ChannelListener {
  close(): Promise<void>;
}

const RECONNECT_DELAY_MS = 500;

/**
 * Calls `onMessage` with the payload of each NOTIFY, and `onConnect` after every (re)connection, since messages
 * sent meanwhile are lost and the listener has to look for itself.
 */
export function listenToChannel(
  url: string,
  channel: string,
  handlers: { onMessage: (payload: string) => void; onConnect?: () => void },
): ChannelListener {
  let closed = false;
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;

  const retry = (lost: pg.Client): void => {
    // Both 'error' and 'end' tell of one loss.
    if (client !== lost) return;
    client = undefined;
    if (!closed) {
      timer = setTimeout(() => {
        timer = undefined;
        void connect();
      }, RECONNECT_DELAY_MS);
    }
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url, keepAlive: true });
    client = next;
    next.on('error', () => retry(next));
    next.on('end', () => retry(next));
    next.on('notification', (message) => handlers.onMessage(message.payload ?? ''));
    try {
      await next.connect();
      await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      handlers.onConnect?.();
    } catch {
      await next.end().catch(() => undefined);
      retry(next);
    }
  };
  void connect();

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}

const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT']);

/** True when the database could not be reached or went away, rather than refused what it was asked. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Class 08: connection exceptions; 57P0x: shutdown, crash, cannot connect now (PostgreSQL, appendix A).
  if (CONNECTION_CODES.has(code) || code.startsWith('08') || code.startsWith('57P')) return true;
  return /connection terminated|timeout exceeded when trying to connect|not queryable|Connection ended/i.test(
    error.message,
  );
}

/**
 * True when the same statement may well succeed later: the database is away, or out of room, memory or connections, or
 * read-only for now (classes 53 and 58, 25006, 55P03, 57014 of PostgreSQL, appendix A).
 */
export function isPassingTrouble(error: unknown): boolean {
  if (isConnectionLoss(error)) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(53|58)[0-9A-Z]{3}$|^(25006|55P03|57014)$/.test(code);
}

/** Maps a database failure to its code; anything else is passed through unchanged. */
export function asDatabaseError(error: unknown): unknown {
  if (!isConnectionLoss(error)) return error;
  return new RadTriageError('DATABASE_UNAVAILABLE', 'the database cannot be reached', {
    cause: error,
  });
}
