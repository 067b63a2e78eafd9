import type { AccountTable, ApiTokenTable, AuditLogTable, SessionTable } from './account-tables.ts';
import type {
  AnalysisRunTable,
  ExplanationTable,
  FindingTable,
  HeatmapTable,
  ModelRunTable,
  ModelStateTable,
} from './analysis-tables.ts';
import type {
  CommitmentAnswerTable,
  DeliveryCommitmentTable,
  DeliveryTable,
  DestinationTable,
} from './delivery-tables.ts';
import type {
  CommitmentReferenceTable,
  CommitmentTable,
  DiskSampleTable,
  DoorAssociationTable,
  DoorRefusalTable,
  DoorTrafficTable,
  ImportFileTable,
  NotificationMessageTable,
  PerformedProcedureStepTable,
} from './door-tables.ts';
import type { ImpressionTable } from './impression-tables.ts';
import type { NotificationTable } from './notification-tables.ts';
import type { OutsideReportTable } from './outside-report-tables.ts';
import type { DeadLetterTable, HeartbeatTable, OutboxTable } from './queue-tables.ts';
import type { InstallationTable, ResultObjectTable, ResultSetTable } from './result-tables.ts';
import type { FindingVerdictTable, ReviewTable } from './review-tables.ts';
import type {
  CompletionSignalTable,
  ImageRevisionTable,
  InstanceTable,
  QuarantineTable,
  RejectionTable,
  RemovedFileTable,
  StudyTable,
} from './study-tables.ts';
import type { WorklistViewTable } from './worklist-tables.ts';

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
  outsideReport: OutsideReportTable;
}
