import type { ColumnType, Generated } from 'kysely';
import type { ResultKind, ResultSetState } from '#core/result-objects.ts';
import type { Bytes, CreatedAt, EventualTime } from './column-types.ts';

export interface InstallationTable {
  installationId: Generated<string>;
}

/** One result of a study, as it is sent: what a run found, or what a radiologist made of it. */
export interface ResultSetTable {
  resultSetKey: Generated<string>;
  studyKey: string;
  /** Null when a radiologist signed a study that has no result of a model. */
  runKey: string | null;
  /** Whose verdicts it carries; null while nobody has signed. */
  reviewId: string | null;
  /** From 1 within its study; a later one supersedes those before it. */
  number: number;
  state: ColumnType<ResultSetState, ResultSetState | undefined, ResultSetState>;
  /** Why it failed or was cancelled. */
  reason: Generated<string | null>;
  /** When its objects are made: later than now while a review can still be undone. */
  dueAt: CreatedAt;
  attempts: Generated<number>;
  createdAt: CreatedAt;
  madeAt: EventualTime;
}

/** A DICOM object of a result set, kept like any other instance (its bytes and UIDs never change). */
export interface ResultObjectTable {
  resultObjectKey: Generated<string>;
  resultSetKey: string;
  studyKey: string;
  kind: ResultKind;
  sopClassUid: string;
  sopInstanceUid: string;
  seriesInstanceUid: string;
  transferSyntaxUid: string;
  /** Below the blob store's root. */
  blobPath: string;
  dataSetOffset: number;
  fileBytes: Bytes;
  /** Shows where a finding lies: never leaves the server in triage-only mode. */
  showsPlace: boolean;
  createdAt: CreatedAt;
  /** Set when a later result took its place. */
  supersededAt: EventualTime;
}
