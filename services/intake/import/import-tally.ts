import type { ErrorCode, RadTriageError } from '#core/errors.ts';
import type { ReceiveOutcome } from '../types.ts';
import type { SkipReason } from './import-file.ts';

export interface ImportCounts {
  /** Files found so far by the count that runs beside; undefined until it has told of any. */
  readonly files: number | undefined;
  /** Files that something has become of. */
  readonly done: number;
  /** Taken in, whatever the outcome. */
  readonly imported: number;
  readonly outcomes: Readonly<Partial<Record<ReceiveOutcome['outcome'], number>>>;
  /** Recorded by an earlier run, and not read again. */
  readonly doneBefore: number;
  readonly skipped: Readonly<Record<SkipReason | 'linkOrSpecial', number>>;
  readonly failed: number;
  readonly failedByCode: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Bytes read of files that were taken in, or that failed. */
  readonly bytes: number;
}

export interface ImportFailure {
  /** As found below the folder; for the person at the terminal, not for the log. */
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
}

function add<Key extends string>(counts: Partial<Record<Key, number>>, key: Key): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** Counts what becomes of the files of an import, and tells of each change. */
export class ImportTally {
  private files: number | undefined;
  private readonly outcomes: Partial<Record<ReceiveOutcome['outcome'], number>> = {};
  private readonly failedByCode: Partial<Record<ErrorCode, number>> = {};
  private readonly skipped = { notDicom: 0, dicomdir: 0, linkOrSpecial: 0 };
  private imported = 0;
  private doneBefore = 0;
  private failed = 0;
  private bytes = 0;
  private readonly listener: {
    onProgress?: ((counts: ImportCounts) => void) | undefined;
    onFailure?: ((failure: ImportFailure) => void) | undefined;
  };

  constructor(listener: ImportTally['listener']) {
    this.listener = listener;
  }

  countFound(files: number): void {
    this.files = files;
    this.tell();
  }

  countBytes(bytes: number): void {
    this.bytes += bytes;
  }

  countBefore(files: number): void {
    this.doneBefore += files;
    if (files > 0) this.tell();
  }

  countImported(outcome: ReceiveOutcome['outcome']): void {
    this.imported += 1;
    add(this.outcomes, outcome);
    this.tell();
  }

  countSkipped(reason: keyof ImportCounts['skipped']): void {
    this.skipped[reason] += 1;
    this.tell();
  }

  countFailed(file: string, { code, message }: RadTriageError): void {
    this.failed += 1;
    add(this.failedByCode, code);
    this.listener.onFailure?.({ file, code, message });
    this.tell();
  }

  counts(): ImportCounts {
    const { notDicom, dicomdir } = this.skipped;
    const { imported, doneBefore, failed } = this;
    return {
      files: this.files,
      done: imported + doneBefore + failed + notDicom + dicomdir,
      imported,
      outcomes: { ...this.outcomes },
      doneBefore,
      skipped: { ...this.skipped },
      failed,
      failedByCode: { ...this.failedByCode },
      bytes: this.bytes,
    };
  }

  private tell(): void {
    this.listener.onProgress?.(this.counts());
  }
}
