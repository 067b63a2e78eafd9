import type { ImportReport } from '#intake/import/import-directory.ts';
import type { ImportCounts } from '#intake/import/import-tally.ts';
import { startProgress } from './output.ts';

const MEGABYTE = 1_000_000;
/** The rate shown is that of about this long, so that it follows a disk that slows down. */
const RATE_WINDOW_MS = 5_000;

interface ImportProgress {
  show(counts: ImportCounts): void;
  /** Prints a line above the bar. */
  interrupt(line: string): void;
  stop(): void;
}

/** A bar with objects and megabytes a second; the total grows while the folder is still being counted. */
export function startImportProgress(now: () => number = Date.now): ImportProgress {
  const bar = startProgress('importing');
  let since = { at: now(), imported: 0, bytes: 0 };
  let rate = '';
  return {
    show(counts) {
      const { imported, bytes, done, files = 0 } = counts;
      const elapsed = now() - since.at;
      if (elapsed >= RATE_WINDOW_MS || (rate === '' && elapsed >= RATE_WINDOW_MS / 5)) {
        rate = formatRate({
          objects: imported - since.imported,
          bytes: bytes - since.bytes,
          ms: elapsed,
        });
        since = { at: now(), imported, bytes };
      }
      bar.advance(done, Math.max(files, done), rate === '' ? '' : ` ${rate}`);
    },
    interrupt: (line) => bar.interrupt(line),
    stop: () => bar.stop(),
  };
}

/** `12 objects/s 6.3 MB/s` */
function formatRate(done: { objects: number; bytes: number; ms: number }): string {
  const seconds = done.ms / 1000;
  const megabytes = done.bytes / MEGABYTE / seconds;
  return `${(done.objects / seconds).toFixed(0)} objects/s ${megabytes.toFixed(1)} MB/s`;
}

function count(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}`];
}

/** The summary, for people. */
export function describeImport(report: ImportReport): string[] {
  const { stored = 0, duplicate = 0, conflict = 0, ...others } = report.outcomes;
  const { notDicom, dicomdir, linkOrSpecial } = report.skipped;
  const taken = [
    `${stored} stored`,
    ...count(duplicate, 'known already'),
    ...count(conflict, 'in conflict with another content under the same UID (both are kept)'),
    ...Object.entries(others).map(([outcome, number]) => `${number} ${outcome}`),
    ...count(report.doneBefore, 'imported by an earlier run'),
  ];
  const skipped = [
    ...count(notDicom, 'not DICOM'),
    ...count(dicomdir, 'DICOMDIR'),
    ...count(linkOrSpecial, 'links or special files'),
  ];
  const codes = Object.entries(report.failedByCode).map(([code, number]) => `${number} ${code}`);
  return [
    taken.join(', '),
    ...(skipped.length === 0 ? [] : [`skipped: ${skipped.join(', ')}`]),
    ...(report.failed === 0 ? [] : [`failed: ${report.failed} (${codes.join(', ')})`]),
  ];
}
