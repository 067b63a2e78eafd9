import type { ColumnType, Generated } from 'kysely';
import type { CommitmentFinding, CommitmentState } from '#core/commitment-state.ts';
import type { PerformedStepStatus } from '#core/performed-step-status.ts';
import type { RefusalCause } from '#core/refusal.ts';
import type { CreatedAt, Json, JsonWithDefault, Timestamp } from './column-types.ts';

/** A storage commitment request of a peer (PS3.4 annex J), from its receipt until its report was delivered. */
export interface CommitmentTable {
  commitmentKey: Generated<string>;
  callingAe: string;
  /** Our own title, as the peer called it: it reports back under it. */
  calledAe: string;
  transactionUid: string;
  peerAddress: string;
  /** SHA-256 of the references: tells a repetition from another request under the same transaction UID. */
  referenceDigest: string;
  referenceCount: number;
  /** Null until it is decided. */
  keptCount: number | null;
  /** How many objects are not committed to, by what was found of them. */
  refusals: JsonWithDefault<Partial<Record<CommitmentFinding, number>>>;
  state: CommitmentState;
  requestedAt: Timestamp;
  /** Until then an object that the index does not know is waited for. */
  checkUntil: Timestamp;
  decidedAt: Timestamp | null;
  /** Delivered or given up. */
  settledAt: Timestamp | null;
  nextAttemptAt: Timestamp;
  /** Of the report, since it was last decided. */
  attempts: Generated<number>;
  lastError: string | null;
}

export interface CommitmentReferenceTable {
  commitmentKey: string;
  position: number;
  sopClassUid: string;
  sopInstanceUid: string;
  /** Null until it is judged. */
  finding: CommitmentFinding | null;
}

/** A Modality Performed Procedure Step (PS3.4 annex F) as its modality last told it. */
export interface PerformedProcedureStepTable {
  sopInstanceUid: string;
  callingAe: string;
  status: PerformedStepStatus;
  studyInstanceUids: string[];
  /** SOP instances that the Performed Series Sequence names; null until it was sent. */
  expectedInstances: string[] | null;
  createdAt: Timestamp;
  changedAt: Timestamp;
}

/** MPPS and Instance Availability messages as they were sent. */
export interface NotificationMessageTable {
  messageKey: Generated<string>;
  service: 'mpps' | 'instance-availability';
  operation: 'n-create' | 'n-set';
  sopInstanceUid: string;
  callingAe: string;
  transferSyntaxUid: string;
  dataSet: Buffer;
  receivedAt: Timestamp;
}

/** What `radtriage import` has taken in. */
export interface ImportFileTable {
  /** Digest of the folder's path. */
  rootKey: Buffer;
  /** Digest of the file's path, size and time of last change. */
  fileKey: Buffer;
  instanceKey: string;
  importedAt: CreatedAt;
}

/** One association that was accepted, as the listener last wrote it down. */
export interface DoorAssociationTable {
  associationKey: Generated<string>;
  /** One start of a listener; association ids are unique within it. */
  listenerRun: string;
  associationId: number;
  callingAe: string;
  calledAe: string;
  peerAddress: string;
  tls: boolean;
  contextsAccepted: number;
  contextsRefused: number;
  /** Objects answered with Success or a warning, and with a failure. */
  stored: number;
  failed: number;
  echoes: number;
  /** Failures by code or status. */
  failures: Json<Record<string, number>>;
  /** Data set bytes of the objects stored; bytes on the wire. */
  bytesStored: ColumnType<string, number, number>;
  bytesReceived: ColumnType<string, number, number>;
  /** Wire bytes a second over the last seconds. */
  bytesPerSecond: number;
  startedAt: Timestamp;
  activeAt: Timestamp;
  endedAt: Timestamp | null;
  endHow: string | null;
  endDetail: string | null;
}

/** Who was turned away: one row an hour for each address, titles and cause. */
export interface DoorRefusalTable {
  hour: Timestamp;
  peerAddress: string;
  callingAe: string;
  calledAe: string;
  cause: RefusalCause;
  why: string;
  count: ColumnType<string, number, number>;
  firstAt: Timestamp;
  lastAt: Timestamp;
}

/** What each peer did in an hour. */
export interface DoorTrafficTable {
  hour: Timestamp;
  callingAe: string;
  peerAddress: string;
  associations: number;
  /** Associations that ended otherwise than by release. */
  brokenOff: number;
  stored: ColumnType<string, number, number>;
  failed: ColumnType<string, number, number>;
  bytesStored: ColumnType<string, number, number>;
  lastAt: Timestamp;
  lastStoredAt: Timestamp | null;
  lastFailedAt: Timestamp | null;
  lastFailure: string | null;
}

/** How full the disk of the archive was. */
export interface DiskSampleTable {
  at: Timestamp;
  freeBytes: ColumnType<string, number, number>;
  sizeBytes: ColumnType<string, number, number>;
  /** Of the instances in the index. */
  archiveBytes: ColumnType<string, number, number>;
}
