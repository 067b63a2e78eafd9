import type { Peer, Problem, Refusal, SiteStatus, WaitingStudy } from '#contracts/site-status.ts';
import { formatBytes } from '#core/format-bytes.ts';
import type { DestinationCounts } from '#platform/deliveries/count-deliveries.ts';
import { judgeDestinations, judgeResults } from './judge-destinations.ts';

const GIGABYTE = 1024 ** 3;
const MINUTE_MS = 60_000;
const LOW_SPACE_BYTES = 20 * GIGABYTE;
const LOW_SHARE = 0.05;
const FEW_DAYS = 14;
/** A clock that is this far off puts waiting times and sessions in doubt. */
const MAX_SKEW_SECONDS = 5;
const SLOW_INDEX_SECONDS = 60;
const LONG_RECEIVING_MS = 60 * MINUTE_MS;
const LONG_QUEUE_MS = 15 * MINUTE_MS;
/** The most frequent refusals stand among the problems; all of them stand in their own list. */
const MAX_REFUSALS = 4;

export interface SiteFacts {
  readonly status: Omit<SiteStatus, 'problems'>;
  /** Of the last hour. */
  readonly refusals: readonly Refusal[];
  readonly peers: readonly Peer[];
  readonly waiting: readonly WaitingStudy[];
  /** Files that were found missing or altered in the last week. */
  readonly damagedFiles: number;
  readonly destinations: readonly DestinationCounts[];
  /** Names of those that the configuration has. */
  readonly configuredDestinations: readonly string[];
}

const fault = (problem: Omit<Problem, 'level'>): Problem => ({ level: 'fault', ...problem });
const warning = (problem: Omit<Problem, 'level'>): Problem => ({ level: 'warning', ...problem });

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function judgeProcesses({ listener, worker, clockSkewSeconds }: SiteFacts['status']): Problem[] {
  const problems: Problem[] = [];
  const seen = (at: string | null) => (at === null ? 'It was never seen.' : `Last seen ${at}.`);
  if (!listener.alive) {
    problems.push(
      fault({
        what: 'The listener is not running',
        detail: `${seen(listener.at)} Nothing is received over DICOM.`,
        advice: 'Start it with `radtriage up` or `radtriage listener`, and look at its log.',
        place: 'receiving',
      }),
    );
  }
  if (!worker.alive) {
    problems.push(
      fault({
        what: 'No worker is running',
        detail: `${seen(worker.at)} Studies are received, but not analysed.`,
        advice: 'Start one with `radtriage up` or `radtriage worker`, and look at its log.',
        place: 'studies',
      }),
    );
  }
  if (Math.abs(clockSkewSeconds) > MAX_SKEW_SECONDS) {
    problems.push(
      warning({
        what: 'The clocks disagree',
        detail: `The database is ${Math.abs(clockSkewSeconds).toFixed(0)} s ${clockSkewSeconds > 0 ? 'ahead of' : 'behind'} this server.`,
        advice: 'Synchronise both machines with the same time server.',
        place: 'receiving',
      }),
    );
  }
  return problems;
}

function judgeFiles(damaged: number): Problem[] {
  if (damaged === 0) return [];
  return [
    fault({
      what: `${plural(damaged, 'kept file')} missing or altered`,
      detail: 'Found when a peer asked for a storage commitment, which it did not get.',
      advice: 'Look at the log of the listener for the objects, and at the disk; send them again.',
      place: 'storage',
    }),
  ];
}

function judgeStorage({ disk, backlog, held }: SiteFacts['status']): Problem[] {
  const problems: Problem[] = [];
  if (held.commitmentsGivenUp > 0) {
    problems.push(
      warning({
        what: `${plural(held.commitmentsGivenUp, 'storage commitment report')} could not be delivered`,
        detail: 'The peers wait for an answer, and may send everything again.',
        advice: 'Look at host and port of these peers in dicom.peers, then report again.',
        place: 'storage',
      }),
    );
  }
  if (disk !== null) {
    const free = `${formatBytes(disk.freeBytes)} free`;
    const advice = 'Make room, enlarge the disk, or shorten retention. A full disk refuses images.';
    if (disk.freeBytes < GIGABYTE) {
      problems.push(fault({ what: 'The disk is full', detail: free, advice, place: 'storage' }));
    } else if (
      disk.freeBytes < Math.min(LOW_SPACE_BYTES, LOW_SHARE * disk.sizeBytes) ||
      (disk.daysLeft !== null && disk.daysLeft < FEW_DAYS)
    ) {
      const days =
        disk.daysLeft === null ? '' : `, about ${disk.daysLeft.toFixed(0)} days at this rate`;
      const detail = `${free}${days}`;
      problems.push(warning({ what: 'The disk is filling up', detail, advice, place: 'storage' }));
    }
  }
  if (backlog !== null && backlog.oldestSeconds > SLOW_INDEX_SECONDS) {
    problems.push(
      warning({
        what: 'The index is behind',
        detail: `${plural(backlog.objects, 'object')} kept but not yet in the index, the oldest for ${backlog.oldestSeconds.toFixed(0)} s.`,
        advice: 'Nothing is lost. Look at the database: it is away, slow or full.',
        place: 'storage',
      }),
    );
  }
  return problems;
}

/** `failure`: the status, and the code of core/errors.ts behind it. */
function adviseOnFailure(failure: string | null): string {
  const isOurs = /STORAGE|DATABASE|INTERNAL/.test(failure ?? '');
  return isOurs
    ? 'The fault is here: look at the disk, the database and the log of the listener. The sender has to send again.'
    : 'The objects are at fault: the log of the listener names each of them, for the maker of the sender.';
}

function judgeSenders({ refusals, peers }: SiteFacts): Problem[] {
  const failing = peers.filter((peer) => peer.failing);
  const shown = refusals.toSorted((a, b) => b.count - a.count).slice(0, MAX_REFUSALS);
  const more = refusals.length - shown.length;
  const place = 'receiving' as const;
  const others = {
    what: `${plural(more, 'other sender')} refused in the last hour`,
    detail: 'They stand in the list of refusals.',
    ...{ advice: null, place },
  };
  return [
    ...failing.map((peer) =>
      warning({
        what: `Objects from ${peer.aeTitle} are refused`,
        detail: `Last failure: ${peer.lastFailure ?? 'unknown'}. ${plural(peer.failed, 'object')} in the last 24 hours.`,
        ...{ advice: adviseOnFailure(peer.lastFailure), place },
      }),
    ),
    ...shown.map((refusal) =>
      warning({
        what: `${nameSender(refusal)} was refused${refusal.count === 1 ? '' : ` ${refusal.count.toLocaleString('en')} times`}`,
        detail: `From ${refusal.peerAddress || 'an unknown address'}: ${refusal.why}.`,
        ...{ advice: refusal.advice, place },
      }),
    ),
    ...(more > 0 ? [warning(others)] : []),
  ];
}

/** A peer that got so far as to give a title, or just somebody. */
function nameSender({ callingAe, cause }: Refusal): string {
  if (callingAe !== '') return callingAe;
  if (cause.startsWith('hl7')) return 'A connection for HL7';
  return cause === 'tls' || cause === 'evicted' ? 'A connection' : 'Something that is not DICOM';
}

function judgeStudies({ status, waiting }: SiteFacts): Problem[] {
  const problems: Problem[] = [];
  const now = Date.parse(status.generatedAt);
  const longer = (state: WaitingStudy['status'], limit: number) =>
    waiting.filter((study) => study.status === state && now - Date.parse(study.since) > limit);
  const stuck = longer('receiving', LONG_RECEIVING_MS);
  if (stuck.length > 0) {
    problems.push(
      warning({
        what: `${plural(stuck.length, 'study has', 'studies have')} been receiving for over an hour`,
        detail: `The oldest: ${stuck[0]?.why ?? ''}.`,
        advice: 'Look at what it waits for; send the rest, or adjust the completeness rules.',
        place: 'studies',
      }),
    );
  }
  const queued = longer('queued', LONG_QUEUE_MS);
  if (queued.length > 0 && status.worker.alive) {
    problems.push(
      warning({
        what: `${plural(queued.length, 'study has', 'studies have')} been queued for over 15 minutes`,
        detail: 'The workers do not keep up.',
        advice: 'Raise inference.processes, or start further workers.',
        place: 'studies',
      }),
    );
  }
  const { quarantined } = status.held;
  if (quarantined > 0) {
    problems.push(
      warning({
        what: `${plural(quarantined, 'object waits', 'objects wait')} in quarantine`,
        detail:
          'Other content under a known UID, or a rejection note from a peer that may not reject.',
        advice: 'Look at each and decide.',
        place: 'studies',
      }),
    );
  }
  const { reportsRefused } = status.held;
  if (reportsRefused > 0) {
    problems.push(
      warning({
        what: `${plural(reportsRefused, 'report')} of other systems named another patient`,
        detail: 'Nothing was done about them: their studies stand on the worklist.',
        advice: 'Look at the number and the patient of each in both systems, then dismiss it.',
        place: 'studies',
      }),
    );
  }
  const { patientsMerged } = status.held;
  if (patientsMerged > 0) {
    problems.push(
      warning({
        what: `${plural(patientsMerged, 'patient was merged', 'patients were merged')} in another system`,
        detail: 'Studies here bear the id that was given up. Nothing of them was changed.',
        advice: 'Look at whose the images are, have the PACS send them corrected, then dismiss it.',
        place: 'studies',
      }),
    );
  }
  const { failed } = status.studies;
  if (failed > 0) {
    problems.push(
      warning({
        what: `The analysis of ${plural(failed, 'study', 'studies')} failed`,
        detail: 'They keep their place on the worklist and say so.',
        advice: 'Read the reasons, then try again.',
        place: 'studies',
      }),
    );
  }
  return problems;
}

function judgeNotifications({ held }: SiteFacts['status']): Problem[] {
  const { notificationsDead, notificationsLate } = held;
  const place = 'notifications' as const;
  const problems: Problem[] = [];
  if (notificationsDead > 0) {
    problems.push(
      fault({
        what: `${plural(notificationsDead, 'notification was', 'notifications were')} given up`,
        detail: 'The receivers were not told of these results. The studies stand on the worklist.',
        ...{ advice: 'Read the reasons, mend them, then send each again or dismiss it.', place },
      }),
    );
  }
  if (notificationsLate > 0) {
    problems.push(
      warning({
        what: `${plural(notificationsLate, 'notification has', 'notifications have')} been waiting for over five minutes`,
        detail: 'Their receivers do not take them, or no worker runs.',
        ...{ advice: 'Read the last error of each, and look at the receiver.', place },
      }),
    );
  }
  return problems;
}

/** What an administrator should know of, faults first. An empty list says that nothing was found, not that all is well. */
export function findProblems(facts: SiteFacts): Problem[] {
  const problems = [
    ...judgeProcesses(facts.status),
    ...judgeStorage(facts.status),
    ...judgeFiles(facts.damagedFiles),
    ...judgeSenders(facts),
    ...judgeStudies(facts),
    ...judgeDestinations(
      facts.destinations,
      facts.configuredDestinations,
      new Date(facts.status.generatedAt),
    ),
    ...judgeResults(facts.status.held.resultsFailed),
    ...judgeNotifications(facts.status),
  ];
  return [
    ...problems.filter(({ level }) => level === 'fault'),
    ...problems.filter(({ level }) => level === 'warning'),
  ];
}
