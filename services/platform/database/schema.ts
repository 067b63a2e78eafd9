import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { CommitmentFinding, CommitmentState } from '#core/commitment-state.ts';
import type { HeatmapOrigin, ModelRole, ReviewMode, UserRole, Verdict } from '#core/finding.ts';
import type { InstanceStanding } from '#core/instance-standing.ts';
import type { ModelEvaluation } from '#core/model-evaluation.ts';
import type { PerformedStepStatus } from '#core/performed-step-status.ts';
import type { Priority } from '#core/priority.ts';
import type { QuarantineReason, QuarantineState } from '#core/quarantine-state.ts';
import type { RefusalCause } from '#core/refusal.ts';
import type { RejectionCode } from '#core/rejection.ts';
import type { ReadingStatus, StudyStatus } from '#core/study-state.ts';
import type { CreatedAt, Json, JsonWithDefault, Timestamp } from './column-types.ts';
import type {
  CommitmentAnswerTable,
  DeliveryCommitmentTable,
  DeliveryTable,
  DestinationTable,
} from './delivery-tables.ts';
import type { ImpressionTable } from './impression-tables.ts';
import type { NotificationTable } from './notification-tables.ts';
import type { InstallationTable, ResultObjectTable, ResultSetTable } from './result-tables.ts';
import type { WorklistViewTable } from './worklist-tables.ts';

export interface StudyTable {
  studyKey: Generated<string>;
  studyInstanceUid: string;
  /** Rises by one with every change that a reader may have to know of: the compare-and-swap token. */
  version: Generated<number>;
  status: StudyStatus;
  /** Why the status is what it is, for people: a reason without patient data, or null. */
  statusReason: string | null;
  readingStatus: Generated<ReadingStatus>;
  openedBy: string | null;
  openedAt: Timestamp | null;
  site: Generated<string>;
  patientId: string | null;
  issuerOfPatientId: string | null;
  patientName: string | null;
  /** Its component groups in lower case, without empty components at the end: what searches compare with. */
  patientNameAlphabetic: GeneratedAlways<string | null>;
  patientNameIdeographic: GeneratedAlways<string | null>;
  patientNamePhonetic: GeneratedAlways<string | null>;
  /** Name, id and accession number in lower case, one a line: what the search of the worklist looks into. */
  searchText: GeneratedAlways<string>;
  patientBirthDate: string | null;
  patientSex: string | null;
  patientAge: string | null;
  accessionNumber: string | null;
  studyId: string | null;
  referringPhysicianName: string | null;
  studyDescription: string | null;
  studyDate: string | null;
  studyTime: string | null;
  timezoneOffsetFromUtc: string | null;
  /** The modality of the first image. */
  modality: string | null;
  bodyPartExamined: string | null;
  imageCount: Generated<number>;
  /** Our own receipt of the first object. */
  receivedAt: Timestamp;
  lastImageAt: Timestamp | null;
  /** When the study counts as complete if nothing else arrives. */
  quietUntil: Timestamp | null;
  /** Since when it gathers images for its next revision; the longest wait counts from here. */
  waitingSince: Timestamp | null;
  /** When the index last learned of a new image: the quiet time counts from here. */
  quietSince: Timestamp | null;
  /** What a receiving study still waits for, in words without patient data. */
  waitingFor: string | null;
  /** When it is closed at the latest, whatever is missing. */
  waitsUntil: Timestamp | null;
  /** When the assembler looks at it next, and before when an image alone does not make it look. */
  lookAt: ColumnType<Date, Date | string | undefined, Date | string>;
  lookFloor: Timestamp | null;
  completedAt: Timestamp | null;
  analysedAt: Timestamp | null;
  /** Digest of the image instances at the last completion. */
  imageRevision: string | null;
  /** Priority: see core/priority.ts. */
  basePriority: Generated<Priority>;
  orderPrioritySource: string;
  priority: Generated<Priority>;
  reason: string;
  dueAt: Timestamp;
  rankAt: Timestamp;
  ruleId: string;
  ruleVersion: string;
  /** Best score of an active model over the current revision. */
  score: number | null;
  scoreModel: string | null;
  flagged: Generated<boolean>;
  /** When retention removed the images; null while they are kept, and again once new ones have come. */
  imagesRemovedAt: Timestamp | null;
  /** Blob id of the thumbnail. */
  thumbnailBlob: string | null;
  /** Joins the studies of one patient (core/patient-identity.ts); null when the id names nobody. */
  patientKey: string | null;
}

export interface InstanceTable {
  instanceKey: Generated<string>;
  studyKey: string;
  sopInstanceUid: string;
  sopClassUid: string;
  seriesInstanceUid: string;
  transferSyntaxUid: string;
  /** 'image' counts for the revision; 'object' (SR, KO, PR, SEG, ours) never does. */
  kind: 'image' | 'object';
  /** See core/instance-standing.ts: one row of a SOP Instance UID is current, all others stay kept beside it. */
  standing: InstanceStanding;
  /** Why it is not current, for people: the title of a rejection note, the study that it moved to. */
  standingReason: string | null;
  /** Path below the blob store's root: an internal id, never a UID. */
  blobPath: string;
  /** Lower-case hex SHA-256 of the data set as received (without preamble and file meta). */
  sha256: string;
  /**
   * What it counts as in the image revision when that is not its own SHA-256: that of the version whose pixels and
   * geometry it shares, so that the results stay attached.
   */
  revisionSha256: string | null;
  /** Bytes of the file, and where its data set begins in it. */
  fileBytes: ColumnType<string, number, number>;
  dataSetOffset: number;
  modality: string | null;
  seriesNumber: number | null;
  seriesDescription: string | null;
  instanceNumber: number | null;
  rows: number | null;
  columns: number | null;
  numberOfFrames: number | null;
  bitsAllocated: number | null;
  performedProcedureStepStartDate: string | null;
  performedProcedureStepStartTime: string | null;
  /** Of the first item of RequestAttributesSequence. */
  scheduledProcedureStepId: string | null;
  requestedProcedureId: string | null;
  bodyPartExamined: string | null;
  protocolName: string | null;
  viewPosition: string | null;
  /** CodeValue of ViewCodeSequence (0054,0220). */
  viewCode: string | null;
  /** ImageLaterality, else Laterality, else FrameLaterality. */
  imageLaterality: string | null;
  acquisitionNumber: number | null;
  imagesInAcquisition: number | null;
  numberOfSeriesRelatedInstances: number | null;
  numberOfStudyRelatedInstances: number | null;
  callingAe: string;
  receivedAt: CreatedAt;
}

/** What waits for an administrator, and what became of it. */
export interface QuarantineTable {
  quarantineId: Generated<string>;
  /** 'instance': another content under a known UID. 'rejection-note': an IOCM note, applied or held back. */
  kind: 'instance' | 'rejection-note';
  /** The instance held back, or the note itself. */
  instanceKey: string;
  /** What was current until it was adopted; undoing brings it back. */
  replacedInstanceKey: string | null;
  reason: QuarantineReason;
  /** Keywords of the attributes that differ, without their values. */
  differences: Json<string[]>;
  state: QuarantineState;
  arrivedAt: CreatedAt;
  decidedBy: string | null;
  decidedAt: Timestamp | null;
  decisionReason: string | null;
}

/** An instance that a rejection note names; in force while the note is adopted and this is not lifted. */
export interface RejectionTable {
  quarantineId: string;
  studyInstanceUid: string;
  sopInstanceUid: string;
  titleCode: RejectionCode;
  title: string;
  callingAe: string;
  /** When a copy that the note allows to come back came back. */
  liftedAt: Timestamp | null;
}

export interface ImageRevisionTable {
  studyKey: string;
  /** Lower-case hex SHA-256 over the sorted image instances. */
  imageRevision: string;
  number: number;
  imageCount: number;
  createdAt: CreatedAt;
  /** What closed it, and the reason in words; null for those closed before this was recorded. */
  completedBy: 'demand' | 'signal' | 'quiet' | 'longest-wait' | null;
  completionReason: string | null;
  /** Id, version and name of the completeness rule. */
  completionRule: string | null;
  /** Whether all that the rule demands was there; null when it demands nothing. */
  demandsMet: boolean | null;
  /** The last signal that had come by then: older ones say nothing about later images. */
  signalKey: string | null;
}

/** Word from outside that a study, or a part of it, is whole. It may come before the study itself. */
export interface CompletionSignalTable {
  signalKey: Generated<string>;
  studyInstanceUid: string;
  kind: 'association-released' | 'instance-availability' | 'mpps-completed' | 'mpps-discontinued';
  /** AE title of the sender. */
  source: string;
  /** SOP Instance UIDs that belong to it; null when the signal names none. */
  expectedInstances: string[] | null;
  /** Images that were in the index by then. */
  imageCount: Generated<number>;
  receivedAt: ColumnType<Date, Date | string, never>;
}

export interface AnalysisRunTable {
  runKey: Generated<string>;
  studyKey: string;
  imageRevision: string;
  number: number;
  jobId: string;
  trigger: 'complete' | 'late-images' | 'retry' | 'promotion' | 'sweep';
  state: 'queued' | 'running' | 'analysed' | 'not-analysed' | 'failed' | 'superseded';
  reason: string | null;
  traceId: string;
  attempts: Generated<number>;
  createdAt: CreatedAt;
  startedAt: Timestamp | null;
  finishedAt: Timestamp | null;
  /** How far the models in shadow are with this run; null when none was to see it. */
  shadowState: 'queued' | 'done' | 'failed' | 'superseded' | null;
  /** Of the job that was asked for last; never used twice. */
  shadowJobId: string | null;
  shadowReason: string | null;
  shadowFinishedAt: Timestamp | null;
}

export interface LabelScore {
  id: string;
  label: string;
  code: { scheme: string; value: string; meaning: string };
  score: number;
  threshold: number;
  flagged: boolean;
}

export interface ModelRunTable {
  modelRunKey: Generated<string>;
  runKey: string;
  modelId: string;
  modelVersion: string;
  modelSha256: string;
  role: Exclude<ModelRole, 'retired'>;
  outcome: 'analysed' | 'not-analysed' | 'declined' | 'failed';
  reason: string | null;
  provider: string | null;
  /** Of the label that stands out most. */
  score: number | null;
  threshold: number | null;
  flagged: Generated<boolean>;
  /** Every label of the model; empty when it was not analysed. */
  labelScores: JsonWithDefault<LabelScore[]>;
  images: number;
  /** Milliseconds by stage: decode, preprocess, inference, postprocess. */
  timings: Json<Record<string, number>>;
}

export interface FindingTable {
  findingId: string;
  modelRunKey: string;
  studyKey: string;
  label: string;
  code: Json<{ scheme: string; value: string; meaning: string }>;
  sopInstanceUid: string;
  frame: number;
  boxX: number;
  boxY: number;
  boxWidth: number;
  boxHeight: number;
  score: number;
  /** Set when its image was withdrawn or replaced: it stays on record and is shown no more. */
  withdrawnAt: Timestamp | null;
}

export interface ExplanationTable {
  explanationId: Generated<string>;
  runKey: string;
  modelRunKey: string;
  studyKey: string;
  labelId: string;
  label: string;
  sopInstanceUid: string;
  frame: number;
  method: 'occlusion' | 'rise';
  /** `insufficient`: the time was up before the map could mean anything. */
  state: Generated<'queued' | 'done' | 'insufficient' | 'failed' | 'superseded'>;
  reason: Generated<string | null>;
  /** Masked images that were scored, and how many were planned. */
  masks: Generated<number | null>;
  plannedMasks: Generated<number | null>;
  milliseconds: Generated<number | null>;
  finishedAt: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

export interface HeatmapTable {
  heatmapId: string;
  modelRunKey: string;
  studyKey: string;
  sopInstanceUid: string;
  frame: number;
  width: number;
  height: number;
  /** Row-major float32 little endian, 0 to 1. */
  values: Buffer;
  scaleX: number;
  scaleY: number;
  originX: number;
  originY: number;
  threshold: number;
  peak: number;
  /** What it is a heatmap of. */
  label: Generated<string>;
  origin: Generated<HeatmapOrigin>;
  /** As of the finding. */
  withdrawnAt: Timestamp | null;
}

export interface ReviewTable {
  reviewId: string;
  studyKey: string;
  imageRevision: string | null;
  runKey: string | null;
  /** The study version that the reader saw. */
  seenVersion: number;
  kind: 'reading' | 'second-reading';
  state: 'signed' | 'undone';
  reader: string;
  readingMode: ReviewMode;
  comment: string | null;
  /** True when at least one finding was confirmed, amended or added. */
  positive: boolean;
  openedAt: Timestamp | null;
  createdAt: CreatedAt;
  undoneAt: Timestamp | null;
}

export interface FindingVerdictTable {
  reviewId: string;
  /** Null for a finding that the reader added. */
  findingId: string | null;
  verdict: Verdict | 'add';
  reason: string | null;
  label: string | null;
  sopInstanceUid: string | null;
  frame: number | null;
  boxX: number | null;
  boxY: number | null;
  boxWidth: number | null;
  boxHeight: number | null;
}

export interface OutboxTable {
  outboxId: Generated<string>;
  job: string;
  jobId: string;
  payload: Json<Record<string, unknown>>;
  /** 0 goes first, then 1, 2, ...: a more urgent study is analysed earlier when there is a backlog. */
  priority: Generated<number>;
  createdAt: CreatedAt;
  sentAt: Timestamp | null;
}

/** Jobs that ran out of tries; they stay until an administrator retries or dismisses them. */
export interface DeadLetterTable {
  jobId: string;
  job: string;
  studyKey: string | null;
  code: string;
  message: string;
  attempts: number;
  failedAt: CreatedAt;
  resolvedAt: Timestamp | null;
}

/** A version of a model that was added or given a role: its files are pinned from then on. */
export interface ModelStateTable {
  modelId: string;
  version: string;
  /** Of the ONNX file. */
  sha256: string;
  /** Of manifest.json; null for roles given before it was recorded. */
  manifestSha256: string | null;
  role: ModelRole;
  changedBy: string;
  changedAt: CreatedAt;
  note: string | null;
  /** Given with a promotion; null when none ever was. */
  evaluation: ColumnType<ModelEvaluation | null, string | null | undefined, string | null>;
}

export interface AccountTable {
  username: string;
  passwordHash: string;
  roles: UserRole[];
  disabled: Generated<boolean>;
  createdAt: CreatedAt;
}

export interface SessionTable {
  /** SHA-256 of the cookie's secret. */
  sessionHash: string;
  username: string;
  createdAt: CreatedAt;
  lastSeenAt: Timestamp;
}

export interface ApiTokenTable {
  /** SHA-256 of the bearer token. */
  tokenHash: string;
  name: string;
  roles: UserRole[];
  createdAt: CreatedAt;
  revokedAt: Timestamp | null;
}

export interface AuditLogTable {
  sequence: Generated<string>;
  at: CreatedAt;
  actor: string;
  action: string;
  studyInstanceUid: string | null;
  details: Json<Record<string, unknown>>;
  previousHash: string;
  hash: string;
}

/** The last sign of life of each long-running process. */
export interface HeartbeatTable {
  process: string;
  at: Timestamp;
  details: Json<Record<string, unknown>>;
}

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

/** Files that no row names any more, until they are deleted. */
export interface RemovedFileTable {
  blobPath: string;
  removedAt: CreatedAt;
}

export interface DatabaseSchema {
  removedFile: RemovedFileTable;
  study: StudyTable;
  instance: InstanceTable;
  quarantine: QuarantineTable;
  rejection: RejectionTable;
  imageRevision: ImageRevisionTable;
  completionSignal: CompletionSignalTable;
  analysisRun: AnalysisRunTable;
  modelRun: ModelRunTable;
  finding: FindingTable;
  explanation: ExplanationTable;
  heatmap: HeatmapTable;
  review: ReviewTable;
  findingVerdict: FindingVerdictTable;
  impression: ImpressionTable;
  outbox: OutboxTable;
  deadLetter: DeadLetterTable;
  modelState: ModelStateTable;
  account: AccountTable;
  session: SessionTable;
  apiToken: ApiTokenTable;
  auditLog: AuditLogTable;
  heartbeat: HeartbeatTable;
  commitment: CommitmentTable;
  commitmentReference: CommitmentReferenceTable;
  performedProcedureStep: PerformedProcedureStepTable;
  notification: NotificationTable;
  notificationMessage: NotificationMessageTable;
  importFile: ImportFileTable;
  doorAssociation: DoorAssociationTable;
  doorRefusal: DoorRefusalTable;
  doorTraffic: DoorTrafficTable;
  diskSample: DiskSampleTable;
  installation: InstallationTable;
  resultSet: ResultSetTable;
  resultObject: ResultObjectTable;
  delivery: DeliveryTable;
  destination: DestinationTable;
  deliveryCommitment: DeliveryCommitmentTable;
  commitmentAnswer: CommitmentAnswerTable;
  worklistView: WorklistViewTable;
}
