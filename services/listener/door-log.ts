import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { hourOf, writeRefusals } from '#platform/door/write-refusals.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { AssociationEntry, DoorNews, TrafficEntry } from './door-news.ts';
import { DoorTally } from './door-tally.ts';
import { pruneDoorLog } from './prune-door-log.ts';

export interface DoorLogOptions {
  readonly database: Database;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly pruneEveryMs?: number;
}

export interface DoorLog {
  /** For `startListener`: counts in memory, and returns at once. */
  readonly observe: (event: ScpEvent) => void;
  /**
   * Begins to write, now that the door is open: only then are the open associations of others those of the dead. The
   * listener is asked how much each open association has sent by now.
   */
  watch(listener: { bytesReceived(): ReadonlyMap<number, number> }): void;
  /** Associations that are open, and those whose row was given up because the database was away. */
  counts(): { open: number; dropped: number };
  /** Writes what is left and stops. Call it once the listener is closed. */
  close(): Promise<void>;
}

const EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 10 * 60_000;
/** All that is open is written anew: what another start has taken for dead comes back to life. */
const REPEAT_EVERY_MS = 60_000;

/**
 * Writes down what happens at the door: at most one small transaction a second, apart from the road of the images. A
 * database that is away delays nobody: what is new waits in bounded memory, and what does not fit is dropped and
 * counted. After a lost answer counts of refusals and of traffic may be a little too high; associations never are.
 */
export function startDoorLog(options: DoorLogOptions): DoorLog {
  const { database, logger } = options;
  const everyMs = options.everyMs ?? EVERY_MS;
  const run = randomUUID();
  const tally = new DoorTally();
  let received: (() => ReadonlyMap<number, number>) | undefined;
  let closedOthers = false;
  let failing = false;
  let measuredAt = performance.now();
  let repeatedAt = measuredAt;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const measure = (): void => {
    const now = performance.now();
    if (received !== undefined)
      tally.measure(received(), Math.max(0.001, (now - measuredAt) / 1000));
    measuredAt = now;
    if (now - repeatedAt < REPEAT_EVERY_MS) return;
    repeatedAt = now;
    tally.repeatOpen();
  };
  const writeNews = async (): Promise<void> => {
    const news = tally.take();
    if (news === undefined && closedOthers) return;
    try {
      await database.transaction().execute(async (trx) => {
        if (!closedOthers) await closeOthers(trx, run);
        if (news !== undefined) await writeDown(trx, run, news);
      });
      closedOthers = true;
      if (failing) logger.info({ dropped: tally.dropped }, 'the door log goes on');
      failing = false;
    } catch (error) {
      if (news !== undefined) tally.giveBack(news);
      if (!failing) logger.warn({ err: error }, 'the door log waits');
      failing = true;
    }
  };
  const prune = async (): Promise<void> => {
    if (failing || performance.now() - prunedAt < (options.pruneEveryMs ?? PRUNE_EVERY_MS)) return;
    prunedAt = performance.now();
    await pruneDoorLog(database).catch((error: unknown) =>
      logger.warn({ err: error }, 'the door log could not be pruned'),
    );
  };
  const tick = (): void => {
    measure();
    // A write that takes longer than a second is not joined by another.
    writing ??= writeNews()
      .then(prune)
      .finally(() => {
        writing = undefined;
      });
  };
  return {
    observe: (event) => tally.observe(event),
    watch: (listener) => {
      received = () => listener.bytesReceived();
      timer = setInterval(tick, everyMs);
      tick();
    },
    counts: () => ({ open: tally.open, dropped: tally.dropped }),
    close: async () => {
      clearInterval(timer);
      await writing;
      await writeNews();
    },
  };
}

/** Associations that a listener left open when it died: they ended with it, at the latest when last heard of. */
async function closeOthers(trx: Kysely<DatabaseSchema>, run: string): Promise<void> {
  await trx
    .updateTable('doorAssociation')
    .set({
      endedAt: sql<Date>`active_at`,
      endHow: 'listener-ended',
      endDetail: 'the listener ended',
      bytesPerSecond: 0,
    })
    .where('endedAt', 'is', null)
    .where('listenerRun', '!=', run)
    .execute();
}

async function writeDown(trx: Kysely<DatabaseSchema>, run: string, news: DoorNews): Promise<void> {
  if (news.associations.length > 0) await writeAssociations(trx, run, news.associations);
  if (news.refusals.length > 0) await writeRefusals(trx, news.refusals);
  if (news.traffic.length > 0) await writeTraffic(trx, news.traffic);
}

/** The whole row each time: written twice, it says the same. */
async function writeAssociations(
  trx: Kysely<DatabaseSchema>,
  listenerRun: string,
  entries: readonly AssociationEntry[],
): Promise<void> {
  await trx
    .insertInto('doorAssociation')
    .values(
      entries.map((entry) => ({
        ...entry,
        listenerRun,
        failures: JSON.stringify(entry.failures),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['listenerRun', 'associationId']).doUpdateSet(({ ref }) => ({
        stored: ref('excluded.stored'),
        failed: ref('excluded.failed'),
        echoes: ref('excluded.echoes'),
        failures: ref('excluded.failures'),
        bytesStored: ref('excluded.bytesStored'),
        bytesReceived: ref('excluded.bytesReceived'),
        bytesPerSecond: ref('excluded.bytesPerSecond'),
        activeAt: ref('excluded.activeAt'),
        endedAt: ref('excluded.endedAt'),
        endHow: ref('excluded.endHow'),
        endDetail: ref('excluded.endDetail'),
      })),
    )
    .execute();
}

async function writeTraffic(
  trx: Kysely<DatabaseSchema>,
  entries: readonly TrafficEntry[],
): Promise<void> {
  const sum = (column: string) =>
    sql<number>`${sql.ref(`door_traffic.${column}`)} + ${sql.ref(`excluded.${column}`)}`;
  const last = (column: string) =>
    sql<Date>`greatest(${sql.ref(`door_traffic.${column}`)}, ${sql.ref(`excluded.${column}`)})`;
  await trx
    .insertInto('doorTraffic')
    .values(entries.map((entry) => ({ ...entry, hour: hourOf(entry.lastAt) })))
    .onConflict((conflict) =>
      conflict.columns(['hour', 'callingAe', 'peerAddress']).doUpdateSet({
        associations: sum('associations'),
        brokenOff: sum('broken_off'),
        stored: sum('stored'),
        failed: sum('failed'),
        bytesStored: sum('bytes_stored'),
        lastAt: last('last_at'),
        lastStoredAt: last('last_stored_at'),
        lastFailedAt: last('last_failed_at'),
        lastFailure: sql<string>`coalesce(excluded.last_failure, door_traffic.last_failure)`,
      }),
    )
    .execute();
}
