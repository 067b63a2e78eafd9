import type { SiteStatus } from '#contracts/site-status.ts';
import { countDamagedFiles } from '#intake/commitments.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { readDestinationCounts } from '#platform/deliveries/count-deliveries.ts';
import { readPeers, readRefusals } from './door-queries.ts';
import { findProblems } from './find-problems.ts';
import {
  countFailedJobs,
  countHeld,
  countWaiting,
  readClockSkew,
  readDisk,
  readReceiving,
  readSignOfLife,
} from './site-queries.ts';
import { readWaiting } from './waiting-studies.ts';

const HOUR_MS = 3600 * 1000;

/** Everything that the overview says: the same facts for the page and for `radtriage doctor`. */
export async function readSiteStatus(
  database: Database,
  { dicom, destinations }: Pick<Config, 'dicom' | 'destinations'>,
): Promise<SiteStatus> {
  const now = new Date();
  const listener = await readSignOfLife(database, 'listener');
  const worker = await readSignOfLife(database, 'worker');
  const { disk: space, backlog } = listener.details;
  // The configuration may leave the port to the system: the listener knows.
  const configured = { host: dicom.host, port: dicom.port ?? dicom.tls?.port ?? 0 };
  const { host, port } = listener.details.dicom ?? configured;
  const status = {
    generatedAt: now.toISOString(),
    dicom: { aeTitles: [...dicom.aeTitles], host, port },
    listener: listener.signOfLife,
    worker: worker.signOfLife,
    clockSkewSeconds: await readClockSkew(database),
    ...(await readReceiving(database)),
    disk: await readDisk(database, { space, at: listener.at }),
    backlog: backlog ?? null,
    studies: await countWaiting(database),
    failedJobs: await countFailedJobs(database),
    held: await countHeld(database),
  };
  const lastHour = new Date(now.getTime() - HOUR_MS);
  const { items: waiting } = await readWaiting(database, { workerAlive: worker.signOfLife.alive });
  const problems = findProblems({
    status,
    refusals: await readRefusals(database, dicom.aeTitles, lastHour),
    peers: await readPeers(database, dicom),
    waiting,
    damagedFiles: await countDamagedFiles(database),
    destinations: await readDestinationCounts(database),
    configuredDestinations: destinations.map(({ name }) => name),
  });
  return { ...status, problems };
}
