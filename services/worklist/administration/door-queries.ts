import { type Selectable, sql } from 'kysely';
import type { Association, Door, HourOfPeer, Peer, Refusal } from '#contracts/site-status.ts';
import { adviseOnRefusal } from '#core/refusal.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DoorAssociationTable } from '#platform/database/door-tables.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const MAX_OPEN = 200;
const MAX_REFUSALS = 100;
const MAX_PEERS = 200;

type DicomConfig = Config['dicom'];

function isoOrNull(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}

function toAssociation(row: Selectable<DoorAssociationTable>): Association {
  const { callingAe, calledAe, peerAddress, tls, contextsAccepted, contextsRefused } = row;
  const { stored, failed, echoes, failures, bytesPerSecond, endHow, endDetail } = row;
  return {
    ...{ callingAe, calledAe, peerAddress, tls, contextsAccepted, contextsRefused },
    ...{ stored, failed, echoes, failures, bytesPerSecond, endHow, endDetail },
    id: row.associationKey,
    bytesStored: Number(row.bytesStored),
    bytesReceived: Number(row.bytesReceived),
    startedAt: row.startedAt.toISOString(),
    activeAt: row.activeAt.toISOString(),
    endedAt: isoOrNull(row.endedAt),
  };
}

async function readOpen(database: Database): Promise<Association[]> {
  const rows = await database
    .selectFrom('doorAssociation')
    .selectAll()
    .where('endedAt', 'is', null)
    .orderBy('startedAt')
    .limit(MAX_OPEN)
    .execute();
  return rows.map(toAssociation);
}

/** Ended associations, the newest first, each with its id for the next page. `trouble`: those with a failure alone. */
export async function readEnded(
  database: Database,
  page: {
    before?: string | undefined;
    limit: number;
    trouble: boolean;
    callingAe?: string | undefined;
  },
): Promise<{ items: Association[]; next: string | null }> {
  const rows = await database
    .selectFrom('doorAssociation')
    .selectAll()
    .where('endedAt', 'is not', null)
    .$if(page.before !== undefined, (query) =>
      query.where('associationKey', '<', page.before ?? ''),
    )
    .$if(page.callingAe !== undefined, (query) =>
      query.where('callingAe', '=', page.callingAe ?? ''),
    )
    .$if(page.trouble, (query) =>
      query.where(({ or, eb }) => or([eb('failed', '>', 0), eb('endHow', '!=', 'released')])),
    )
    .orderBy('associationKey', 'desc')
    .limit(page.limit + 1)
    .execute();
  const items = rows.slice(0, page.limit).map(toAssociation);
  return { items, next: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
}

/** Who was refused since a time, each once, the most recent first. */
export async function readRefusals(
  database: Database,
  aeTitles: readonly string[],
  since: Date,
): Promise<Refusal[]> {
  const rows = await database
    .selectFrom('doorRefusal')
    .select(['cause', 'peerAddress', 'callingAe', 'calledAe'])
    .select([
      sql<string>`sum(count)`.as('count'),
      sql<Date>`min(first_at)`.as('firstAt'),
      sql<Date>`max(last_at)`.as('lastAt'),
      sql<string>`(array_agg(why ORDER BY last_at DESC))[1]`.as('why'),
    ])
    .where('lastAt', '>=', since)
    .groupBy(['cause', 'peerAddress', 'callingAe', 'calledAe'])
    .orderBy('lastAt', 'desc')
    .limit(MAX_REFUSALS)
    .execute();
  return rows.map((row) => ({
    ...row,
    count: Number(row.count),
    firstAt: row.firstAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
    advice: adviseOnRefusal(row, aeTitles),
  }));
}

const NEVER_SEEN = {
  ...{ addresses: [], lastAt: null, lastStoredAt: null },
  ...{ associations: 0, brokenOff: 0, stored: 0, failed: 0, bytesStored: 0 },
  ...{ lastFailure: null, lastFailedAt: null, failing: false },
};

async function readTraffic(database: Database, since: Date) {
  const lately = (column: string) =>
    sql<string>`coalesce(sum(${sql.ref(column)}) FILTER (WHERE hour >= ${since}), 0)`;
  return database
    .selectFrom('doorTraffic')
    .select('callingAe')
    .select([
      sql<string[]>`array_agg(DISTINCT peer_address)`.as('addresses'),
      sql<Date>`max(last_at)`.as('lastAt'),
      sql<Date | null>`max(last_stored_at)`.as('lastStoredAt'),
      sql<Date | null>`max(last_failed_at)`.as('lastFailedAt'),
      sql<string | null>`(array_agg(last_failure ORDER BY last_failed_at DESC NULLS LAST))[1]`.as(
        'lastFailure',
      ),
      lately('associations').as('associations'),
      lately('broken_off').as('brokenOff'),
      lately('stored').as('stored'),
      lately('failed').as('failed'),
      lately('bytes_stored').as('bytesStored'),
    ])
    .groupBy('callingAe')
    .orderBy('lastAt', 'desc')
    .limit(MAX_PEERS)
    .execute();
}

/** Who sends, and who should: the peers of the configuration, and everybody who was seen. Those that fail come first. */
export async function readPeers(database: Database, dicom: DicomConfig): Promise<Peer[]> {
  const rows = await readTraffic(database, hoursAgo(24));
  const listed = new Map(dicom.peers.map((peer) => [peer.aeTitle, peer]));
  const seen = rows.map((row): Peer => {
    const { lastStoredAt, lastFailedAt } = row;
    const failing = lastFailedAt !== null && (lastStoredAt === null || lastFailedAt > lastStoredAt);
    return {
      aeTitle: row.callingAe,
      listed: listed.has(row.callingAe),
      site: listed.get(row.callingAe)?.site ?? null,
      addresses: row.addresses,
      lastAt: row.lastAt.toISOString(),
      lastStoredAt: isoOrNull(lastStoredAt),
      associations: Number(row.associations),
      brokenOff: Number(row.brokenOff),
      stored: Number(row.stored),
      failed: Number(row.failed),
      bytesStored: Number(row.bytesStored),
      lastFailure: row.lastFailure,
      lastFailedAt: isoOrNull(lastFailedAt),
      failing,
    };
  });
  const known = new Set(seen.map((peer) => peer.aeTitle));
  const silent = [...listed.values()]
    .filter((peer) => !known.has(peer.aeTitle))
    .map((peer) => ({
      ...NEVER_SEEN,
      aeTitle: peer.aeTitle,
      listed: true,
      site: peer.site ?? null,
    }));
  return [...seen, ...silent].sort((a, b) => Number(b.failing) - Number(a.failing));
}

/** Associations that are open or ended in the last hour, by peer and address, the busiest first. */
export async function readLastHour(database: Database): Promise<HourOfPeer[]> {
  const rows = await database
    .selectFrom('doorAssociation')
    .select(['callingAe', 'peerAddress'])
    .select([
      sql<string>`count(*) FILTER (WHERE ended_at IS NULL)`.as('open'),
      sql<string>`count(ended_at)`.as('ended'),
      sql<string>`sum(stored)`.as('stored'),
      sql<string>`sum(failed)`.as('failed'),
      sql<string>`sum(bytes_received)`.as('bytesReceived'),
    ])
    .where(({ or, eb }) =>
      or([eb('endedAt', 'is', null), eb('endedAt', '>=', new Date(Date.now() - HOUR_MS))]),
    )
    .groupBy(['callingAe', 'peerAddress'])
    .orderBy(sql`sum(bytes_received) DESC`)
    .limit(MAX_PEERS)
    .execute();
  return rows.map((row) => ({
    callingAe: row.callingAe,
    peerAddress: row.peerAddress,
    open: Number(row.open),
    ended: Number(row.ended),
    stored: Number(row.stored),
    failed: Number(row.failed),
    bytesReceived: Number(row.bytesReceived),
  }));
}

/** The beginning of the hour that was begun so many hours ago: what is counted by the hour is counted whole. */
export function hoursAgo(hours: number, now: number = Date.now()): Date {
  return new Date(Math.floor((now - hours * HOUR_MS) / HOUR_MS) * HOUR_MS);
}

/** Associations now, refusals of the last day, and peers. */
export async function readDoor(database: Database, dicom: DicomConfig): Promise<Door> {
  const [now, refusals, peers] = await Promise.all([
    readOpen(database),
    readRefusals(database, dicom.aeTitles, new Date(Date.now() - DAY_MS)),
    readPeers(database, dicom),
  ]);
  return { generatedAt: new Date().toISOString(), now, refusals, peers };
}
