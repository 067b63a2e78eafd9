import type { HourOfPeer, Refusal, SiteStatus, WaitingStudy } from '#contracts/site-status.ts';
import { formatBytes } from '#core/format-bytes.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { readLastHour, readRefusals } from '#worklist/administration/door-queries.ts';
import { readSiteStatus } from '#worklist/administration/read-site-status.ts';
import { readWaiting } from '#worklist/administration/waiting-studies.ts';
import { readEngines } from './engines.ts';
import type { Finding } from './finding.ts';

const HOUR_MS = 3600 * 1000;

/** What the administrator's page shows, for the terminal. */
export interface SiteReport {
  readonly status: SiteStatus;
  /** Associations that are open or ended in the last hour. */
  readonly lastHour: readonly HourOfPeer[];
  /** Of the last hour. */
  readonly refusals: readonly Refusal[];
  readonly waiting: readonly WaitingStudy[];
  /** Where the models run. */
  readonly engines: readonly Finding[];
}

export async function readSiteReport(database: Database, config: Config): Promise<SiteReport> {
  const status = await readSiteStatus(database, config);
  const { items } = await readWaiting(database, { workerAlive: status.worker.alive });
  const since = new Date(Date.now() - HOUR_MS);
  return {
    status,
    lastHour: await readLastHour(database),
    refusals: await readRefusals(database, config.dicom.aeTitles, since),
    waiting: items,
    engines: await readEngines(database),
  };
}

function ago(iso: string | null, now: string): string {
  if (iso === null) return 'never';
  const minutes = (Date.parse(now) - Date.parse(iso)) / 60_000;
  if (minutes < 1) return `${Math.max(0, Math.round(60 * minutes))} s ago`;
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)} h ago`
    : `${Math.floor(minutes / 60 / 24)} d ago`;
}

function listFacts(status: SiteStatus): Finding[] {
  const { listener, worker, generatedAt, lastDay, disk, backlog, studies } = status;
  const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail });
  const facts: Finding[] = [];
  if (listener.alive) {
    const now = `${status.openAssociations} associations, ${formatBytes(status.bytesPerSecond)}/s`;
    facts.push(ok('listener', `${now}, last image ${ago(status.lastStoredAt, generatedAt)}`));
  }
  if (worker.alive) facts.push(ok('worker', `last seen ${ago(worker.at, generatedAt)}`));
  facts.push(
    ok(
      'last 24 hours',
      `${lastDay.stored} objects (${formatBytes(lastDay.bytesStored)}), ${lastDay.failed} refused, ${lastDay.refused} associations turned away`,
    ),
    ok(
      'studies waiting',
      `${studies.receiving} receiving, ${studies.queued} queued, ${studies.analysing} analysing, ${studies.failed} failed`,
    ),
    ok('quarantine', `${status.held.quarantined} waiting for a decision`),
    ok('clock', `database ${status.clockSkewSeconds.toFixed(1)} s ahead of this machine`),
  );
  if (backlog !== null) facts.push(ok('index', `${backlog.objects} objects behind`));
  if (disk !== null) {
    const days =
      disk.daysLeft === null
        ? 'how long it lasts is not known'
        : `about ${disk.daysLeft.toFixed(0)} days at this rate`;
    facts.push(
      ok(
        'archive disk',
        `${formatBytes(disk.freeBytes)} of ${formatBytes(disk.sizeBytes)} free, ${days}`,
      ),
    );
  }
  return facts;
}

/**
 * The facts, and the problems with what to do about them. `running`: whether anything should run here; a site that is
 * not started has no fault because of that.
 */
export function judgeSite({ status, engines }: SiteReport, running: boolean): Finding[] {
  const processes = new Set(['The listener is not running', 'No worker is running']);
  const problems = status.problems.filter(({ what }) => running || !processes.has(what));
  return [
    ...listFacts(status),
    ...engines,
    ...problems.map(({ level, what, detail, advice }) => ({
      ...{ level, what },
      detail: advice === null ? detail : `${detail} ${advice}`,
    })),
  ];
}
