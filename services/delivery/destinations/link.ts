import type { CommitmentReport } from '#dicom/dimse/commitment-report.ts';
import type { Config } from '#platform/config/config.ts';
import type { SendableObject } from './delivery-store.ts';
import type { Outcome } from './judge-status.ts';

/** An object and the storage commitment that is asked for it. */
export interface CommitmentReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** A way to a destination, open for a run of objects. */
export interface DestinationLink {
  /**
   * @throws RadTriageError when the destination was lost or does not answer: whether it has the object is not known.
   * With details `reached: false` it certainly has not.
   */
  send(object: SendableObject): Promise<Outcome>;
  /**
   * Asks for storage commitment (PS3.4 J.3.2), and waits a moment for an answer on the same line.
   * @returns the destination's status
   * @throws RadTriageError as `send`; DICOM_UNSUPPORTED when the destination knows no storage commitment
   */
  askToKeep?(transactionUid: string, references: readonly CommitmentReference[]): Promise<number>;
  /** Never rejects. */
  close(): Promise<void>;
  /** Ends what is under way. */
  abort(): void;
}

/** What links take from their surroundings. */
export interface LinkSurroundings {
  /** A file of the blob store. */
  readonly locate: (blobPath: string) => string;
  readonly dicom: Pick<Config['dicom'], 'aeTitles' | 'tls'>;
  /** A report that came back on the line on which it was asked for. */
  readonly onReport: (report: CommitmentReport) => Promise<boolean>;
}
