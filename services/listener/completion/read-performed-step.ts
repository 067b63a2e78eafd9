import { RadTriageError } from '#core/errors.ts';
import { isPerformedStepStatus, type PerformedStepStatus } from '#core/performed-step-status.ts';
import { itemsOf } from '#dicom/attributes/element-values.ts';
import { type DataSet, parseHeader } from '#dicom/attributes/parse-elements.ts';
import {
  missingAttribute,
  readCode,
  readReferences,
  requireUid,
} from '#dicom/attributes/read-references.ts';
import { isImageClass } from '#intake/instance-record.ts';

/** What an MPPS message says, as far as it is of use here. */
export interface PerformedStep {
  readonly status: PerformedStepStatus | undefined;
  /** Of the scheduled steps that this one performs; an N-SET names none. */
  readonly studyInstanceUids: readonly string[];
  /** The images that the Performed Series Sequence names; undefined when it is absent or has no item. */
  readonly expectedInstances: readonly string[] | undefined;
}

const STATUS = 0x00400252;
const SCHEDULED_STEP_ATTRIBUTES = 0x00400270;
const STUDY_INSTANCE_UID = 0x0020000d;
const SERIES_INSTANCE_UID = 0x0020000e;
const PERFORMED_SERIES = 0x00400340;
const REFERENCED_IMAGES = 0x00081140;

/** What an N-CREATE may not leave out or empty (type 1 of PS3.4 table F.7.2-1), beside what is read here. */
const REQUIRED_TO_CREATE: readonly (readonly [tag: number, keyword: string])[] = [
  [0x00080060, 'Modality'],
  [0x00400241, 'PerformedStationAETitle'],
  [0x00400244, 'PerformedProcedureStepStartDate'],
  [0x00400245, 'PerformedProcedureStepStartTime'],
  [0x00400253, 'PerformedProcedureStepID'],
];

/**
 * The attributes of an N-CREATE (PS3.4 F.7.2.1).
 * @throws RadTriageError DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID, REQUEST_INVALID for a status other than IN
 * PROGRESS, and those of the data set's structure
 */
export function readCreatedStep(dataSet: Buffer, transferSyntaxUid: string): PerformedStep {
  const parsed = parseHeader(dataSet, transferSyntaxUid);
  for (const [tag, keyword] of REQUIRED_TO_CREATE) {
    if (readCode(parsed, tag) === '') throw missingAttribute(keyword);
  }
  const step = readStep(parsed);
  if (step.status === undefined) throw missingAttribute('PerformedProcedureStepStatus');
  if (step.status !== 'IN PROGRESS') {
    throw new RadTriageError('REQUEST_INVALID', 'a performed procedure step begins IN PROGRESS');
  }
  if (step.studyInstanceUids.length === 0)
    throw missingAttribute('ScheduledStepAttributesSequence');
  return step;
}

/** The changes of an N-SET (PS3.4 F.7.2.2). @throws RadTriageError as readCreatedStep */
export function readStepChanges(dataSet: Buffer, transferSyntaxUid: string): PerformedStep {
  return readStep(parseHeader(dataSet, transferSyntaxUid));
}

function readStep(dataSet: DataSet): PerformedStep {
  const status = readCode(dataSet, STATUS);
  if (status !== '' && !isPerformedStepStatus(status)) {
    throw new RadTriageError('REQUEST_INVALID', 'PerformedProcedureStepStatus has no such value');
  }
  const studies = itemsOf(dataSet, SCHEDULED_STEP_ATTRIBUTES).map((item) =>
    requireUid(item, STUDY_INSTANCE_UID, 'StudyInstanceUID'),
  );
  return {
    status: status === '' ? undefined : status,
    studyInstanceUids: [...new Set(studies)],
    expectedInstances: readExpected(itemsOf(dataSet, PERFORMED_SERIES)),
  };
}

/** Images only: what else a modality makes (raw data, dose reports) is often sent elsewhere, or later. */
function readExpected(series: readonly DataSet[]): string[] | undefined {
  if (series.length === 0) return undefined;
  const images = series.flatMap((item) => {
    requireUid(item, SERIES_INSTANCE_UID, 'SeriesInstanceUID');
    return readReferences(item, REFERENCED_IMAGES);
  });
  const uids = images.filter(({ sopClassUid }) => isImageClass(sopClassUid));
  return [...new Set(uids.map(({ sopInstanceUid }) => sopInstanceUid))];
}
