import { sql } from 'kysely';
import { z } from 'zod';
import type { DiskStatus, SiteStatus } from '#contracts/site-status.ts';
import { TO_BE_READ } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import { HEARTBEAT_SILENCE_MS } from '../heartbeats.ts';
import { hoursAgo } from './door-queries.ts';

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
const FILL_DAYS = 7;
/** Less time between the first and the last sample says nothing of a rate. */
const MIN_FILL_MS = HOUR_MS;

/** What the listener says of itself with each heartbeat; a part that it does not say is undefined. */
const listenerDetails = z.object({
  dicom: z.object({ host: z.string(), port: z.number() }).optional().catch(undefined),
  disk: z.object({ freeBytes: z.number(), sizeBytes: z.number() }).optional().catch(undefined),
  backlog: z.object({ objects: z.number(), oldestSeconds: z.number() }).optional().catch(undefined),
});

/** The last sign of life of a kind of process; the newest where several run. */
export async function readSignOfLife(database: Database, kind: 'listener' | 'worker') {
  const newest = await database
    .selectFrom('heartbeat')
    .select(['at', 'details'])
    .select(sql<number>`extract(epoch FROM now() - at)::float8`.as('silentSeconds'))
    .where(({ or, eb }) => or([eb('process', '=', kind), eb('process', 'like', `${kind}:%`)]))
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const alive = newest !== undefined && newest.silentSeconds * 1000 < HEARTBEAT_SILENCE_MS;
  return {
    signOfLife: { alive, at: newest?.at.toISOString() ?? null },
    details: listenerDetails.catch({}).parse(newest?.details ?? {}),
    at: newest?.at,
  };
}

/** The database's clock less ours, seconds, as exact as the way there and back allows. */
export async function readClockSkew(database: Database): Promise<number> {
  const before = Date.now();
  const { at } = await database
    .selectNoFrom(sql<Date>`clock_timestamp()`.as('at'))
    .executeTakeFirstOrThrow();
  return (at.getTime() - (before + Date.now()) / 2) / 1000;
}

async function readFill(database: Database) {
  const since = new Date(Date.now() - FILL_DAYS * DAY_MS);
  const samples = database.selectFrom('diskSample').selectAll().where('at', '>=', since);
  const [first, last] = await Promise.all([
    samples.orderBy('at', 'asc').limit(1).executeTakeFirst(),
    samples.orderBy('at', 'desc').limit(1).executeTakeFirst(),
  ]);
  const archiveBytes = last === undefined ? null : Number(last.archiveBytes);
  // Another disk than at first: its free space cannot be compared.
  if (first === undefined || last === undefined || first.sizeBytes !== last.sizeBytes) {
    return { archiveBytes, bytesPerDay: null };
  }
  const span = last.at.getTime() - first.at.getTime();
  const bytesPerDay =
    span < MIN_FILL_MS
      ? null
      : ((Number(first.freeBytes) - Number(last.freeBytes)) / span) * DAY_MS;
  return { archiveBytes, bytesPerDay };
}

/** The archive's disk as the listener sees it, and how long it lasts at the rate of the last week. */
export async function readDisk(
  database: Database,
  seen: { space: { freeBytes: number; sizeBytes: number } | undefined; at: Date | undefined },
): Promise<DiskStatus | null> {
  if (seen.space === undefined || seen.at === undefined) return null;
  const { archiveBytes, bytesPerDay } = await readFill(database);
  const { freeBytes, sizeBytes } = seen.space;
  const fills = bytesPerDay !== null && bytesPerDay > 0;
  return {
    ...{ freeBytes, sizeBytes, archiveBytes },
    fillBytesPerDay: bytesPerDay,
    daysLeft: fills ? freeBytes / bytesPerDay : null,
    measuredAt: seen.at.toISOString(),
  };
}

async function sumTraffic(database: Database, since: Date) {
  const { associations, stored, failed, bytesStored } = await database
    .selectFrom('doorTraffic')
    .select([
      sql<string>`coalesce(sum(associations), 0)`.as('associations'),
      sql<string>`coalesce(sum(stored), 0)`.as('stored'),
      sql<string>`coalesce(sum(failed), 0)`.as('failed'),
      sql<string>`coalesce(sum(bytes_stored), 0)`.as('bytesStored'),
    ])
    .where('hour', '>=', since)
    .executeTakeFirstOrThrow();
  const { refused } = await database
    .selectFrom('doorRefusal')
    .select(sql<string>`coalesce(sum(count), 0)`.as('refused'))
    .where('hour', '>=', since)
    .executeTakeFirstOrThrow();
  return {
    associations: Number(associations),
    stored: Number(stored),
    failed: Number(failed),
    bytesStored: Number(bytesStored),
    refused: Number(refused),
  };
}

/** What came in over DICOM: now, in this hour, in the last day, and when the last object did. */
export async function readReceiving(database: Database) {
  const open = await database
    .selectFrom('doorAssociation')
    .select(({ fn }) => fn.countAll<string>().as('open'))
    .select(sql<number>`coalesce(sum(bytes_per_second), 0)`.as('bytesPerSecond'))
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow();
  const last = await database
    .selectFrom('doorTraffic')
    .select(sql<Date | null>`max(last_stored_at)`.as('at'))
    .executeTakeFirstOrThrow();
  const hour = hoursAgo(0);
  return {
    lastStoredAt: last.at === null ? null : last.at.toISOString(),
    openAssociations: Number(open.open),
    bytesPerSecond: Number(open.bytesPerSecond),
    thisHour: { since: hour.toISOString(), ...(await sumTraffic(database, hour)) },
    lastDay: await sumTraffic(database, hoursAgo(23)),
  };
}

/** Studies without a result by state. A failed one counts until somebody has read it all the same. */
export async function countWaiting(database: Database): Promise<SiteStatus['studies']> {
  const rows = await database
    .selectFrom('study')
    .select(({ fn, ref }) => [ref('status').as('status'), fn.countAll<string>().as('count')])
    .where('status', 'in', ['receiving', 'queued', 'analysing', 'failed'])
    .where(({ or, eb }) =>
      or([eb('status', '!=', 'failed'), eb('readingStatus', 'in', TO_BE_READ)]),
    )
    .groupBy('status')
    .execute();
  const counts = Object.fromEntries(rows.map((row) => [row.status, Number(row.count)]));
  return {
    receiving: counts['receiving'] ?? 0,
    queued: counts['queued'] ?? 0,
    analysing: counts['analysing'] ?? 0,
    failed: counts['failed'] ?? 0,
  };
}

export async function countFailedJobs(database: Database): Promise<number> {
  const { count } = await database
    .selectFrom('deadLetter')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('resolvedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** What waits for a decision of an administrator. */
export async function countHeld(database: Database): Promise<SiteStatus['held']> {
  const quarantine = await database
    .selectFrom('quarantine')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  const commitments = await database
    .selectFrom('commitment')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('state', '=', 'given-up')
    .executeTakeFirstOrThrow();
  return {
    quarantined: Number(quarantine.count),
    commitmentsGivenUp: Number(commitments.count),
    ...(await countUnsent(database)),
  };
}

async function countUnsent(database: Database) {
  const late = sql<boolean>`state = 'waiting' AND waiting_since < now() - interval '5 minutes'`;
  const counted = await database
    .selectFrom('notification')
    .select(({ fn }) => [
      fn.countAll<string>().filterWhere('state', '=', 'dead').as('dead'),
      fn.countAll<string>().filterWhere(late).as('late'),
    ])
    .where('state', 'in', ['waiting', 'dead'])
    .executeTakeFirstOrThrow();
  const unmade = await database
    .selectFrom('resultSet')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('state', '=', 'failed')
    .executeTakeFirstOrThrow();
  const reports = await database
    .selectFrom('outsideReport')
    .select(({ fn }) => [
      fn.countAll<string>().filterWhere('word', '!=', 'merged').as('refused'),
      fn.countAll<string>().filterWhere('word', '=', 'merged').as('merged'),
    ])
    .where('state', '=', 'refused')
    .executeTakeFirstOrThrow();
  return {
    notificationsDead: Number(counted.dead),
    notificationsLate: Number(counted.late),
    resultsFailed: Number(unmade.count),
    reportsRefused: Number(reports.refused),
    patientsMerged: Number(reports.merged),
  };
}
