import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { InstanceStanding } from '#core/instance-standing.ts';
import type { TakenBackAs } from '#core/outside-report.ts';
import type { Priority } from '#core/priority.ts';
import type { QuarantineReason, QuarantineState } from '#core/quarantine-state.ts';
import type { RejectionCode } from '#core/rejection.ts';
import type { ReadingStatus, StudyStatus } from '#core/study-state.ts';
import type { CreatedAt, Json, Timestamp } from './column-types.ts';

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
  /** Whole years on the day of receipt, by the birth date, else by the age; null without either. */
  patientAgeYears: GeneratedAlways<number | null>;
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
  /** Labels behind `flagged`, each once. */
  flaggedLabels: ColumnType<string[], string[] | undefined, string[]>;
  /** When retention removed the images; null while they are kept, and again once new ones have come. */
  imagesRemovedAt: Timestamp | null;
  /** Blob id of the thumbnail. */
  thumbnailBlob: string | null;
  /** Joins the studies of one patient (core/patient-identity.ts); null when the id names nobody. */
  patientKey: string | null;
  /** Who said last that it was reported elsewhere, and when; means something only while it is. */
  reportedBy: string | null;
  reportedAt: Timestamp | null;
  /** Who took such a word back so that it is to be read again, when, and as what. */
  returnedBy: string | null;
  returnedAt: Timestamp | null;
  returnedAs: TakenBackAs | null;
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

/** Files that no row names any more, until they are deleted. */
export interface RemovedFileTable {
  blobPath: string;
  removedAt: CreatedAt;
}
