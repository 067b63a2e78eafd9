import { formatBytes } from '#core/format-bytes.ts';
import { print, printTable } from '../output.ts';
import type { SiteReport } from './examine-site.ts';

const SHOWN = 10;

function section(title: string, heading: readonly string[], rows: readonly string[][]): void {
  if (rows.length === 0) return;
  print(`\n${title}`);
  printTable([heading, ...rows.slice(0, SHOWN)].map((row) => ['', ...row]));
  if (rows.length > SHOWN) print(`  and ${rows.length - SHOWN} more`);
}

function sinceNow(iso: string): string {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(iso)) / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

/** Who was at the door in the last hour, and what waits. Nothing is printed of what is empty. */
export function printSite({ lastHour, refusals, waiting }: SiteReport): void {
  section(
    'Associations now and in the last hour',
    ['peer', 'address', 'open', 'ended', 'objects', 'refused', 'received'],
    lastHour.map((peer) => [
      peer.callingAe,
      peer.peerAddress,
      ...[peer.open, peer.ended, peer.stored, peer.failed].map(String),
      formatBytes(peer.bytesReceived),
    ]),
  );
  section(
    'Turned away in the last hour',
    ['peer', 'called', 'address', 'times', 'why', 'what to do'],
    refusals.map((refusal) => [
      refusal.callingAe || '-',
      refusal.calledAe || '-',
      refusal.peerAddress || '-',
      String(refusal.count),
      refusal.why,
      refusal.advice,
    ]),
  );
  section(
    'Studies waiting, the oldest of each state first',
    ['state', 'for', 'study', 'images', 'why'],
    waiting.map((study) => [
      study.status,
      sinceNow(study.since),
      study.studyInstanceUid,
      String(study.imageCount),
      study.why,
    ]),
  );
}
