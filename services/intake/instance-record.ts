import type { Insertable } from 'kysely';
import { patientKeyOf } from '#core/patient-identity.ts';
import { decidePriority, orderPriority, type PriorityRule } from '#core/priority.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { isMadeByRadTriage } from '#dicom/attributes/read-attributes.ts';
import { storageSopClassName } from '#dicom/dimse/storage-sop-classes.ts';
import { type Config, quietSecondsFor } from '#platform/config/config.ts';
import type { InstanceTable, StudyTable } from '#platform/database/study-tables.ts';

/** What assembly and order are decided by. */
export interface SiteRules {
  readonly config: Pick<Config, 'site' | 'dicom' | 'assembly'>;
  readonly rule: PriorityRule;
}

/** An instance whose bytes are on disk and whose row is still to be written. */
export interface InstanceRecord {
  readonly attributes: DicomAttributes;
  readonly blobPath: string;
  /** Lower-case hex, of the data set as received. */
  readonly sha256: string;
  readonly fileBytes: number;
  readonly dataSetOffset: number;
  readonly callingAe: string;
  readonly receivedAt: Date;
}

const MAX_INTEGER = 2 ** 31 - 1;

/** Postgres has no NUL in text; some senders pad with it. */
function text(value: string | undefined): string | null {
  const clean = value?.replaceAll('\0', '').trim() ?? '';
  return clean === '' ? null : clean;
}

/** CS has 16 characters; what is far longer is no code, and an index could not hold it. */
function code(value: string | undefined): string | null {
  return text(value)?.slice(0, 64) ?? null;
}

function integer(value: number | undefined): number | null {
  return value !== undefined && Math.abs(value) <= MAX_INTEGER ? value : null;
}

/**
 * `image` for what a reader looks at and a model may analyse. SR, KO, PR, SEG and all other classes that are no
 * images, and whatever we made ourselves, are kept as `object`: they never restart the quiet time or open a revision.
 */
export function kindOf(attributes: DicomAttributes): 'image' | 'object' {
  return isImageClass(attributes.sopClassUid) && !isMadeByRadTriage(attributes)
    ? 'image'
    : 'object';
}

/** Whether objects of a class are images; not so SR, KO, PR, SEG and classes that are not known. */
export function isImageClass(sopClassUid: string): boolean {
  const name = storageSopClassName(sopClassUid) ?? '';
  return (
    /ImageStorage(ForPresentation|ForProcessing)?$/.test(name) || name === 'EnhancedUSVolumeStorage'
  );
}

export function siteOf(callingAe: string, { config }: SiteRules): string {
  const peer = config.dicom.peers.find(({ aeTitle, site }) => aeTitle === callingAe && site);
  return peer?.site ?? config.site;
}

/** Whose patient it is: the issuer that the images name, else that of the sender, else the sender's site. */
function patientKey({ attributes, callingAe }: InstanceRecord, rules: SiteRules): string | null {
  const { peers, dummyPatientIds } = rules.config.dicom;
  const known = peers.find(
    ({ aeTitle, issuerOfPatientId }) => aeTitle === callingAe && issuerOfPatientId,
  );
  const issuer = text(attributes.issuerOfPatientId) ?? known?.issuerOfPatientId;
  const facts = { patientId: attributes.patientId, issuer, site: siteOf(callingAe, rules) };
  return patientKeyOf(facts, dummyPatientIds) ?? null;
}

/**
 * The columns by which the assembler waits, from an image (or from the first object of a study). They count from
 * now, not from receipt: rows that come late, from a journal or a rebuilt index, must not close a study between two
 * batches of its images.
 */
export function waitColumns(
  record: InstanceRecord,
  { config }: SiteRules,
  before?: { readonly waitingSince: Date | null; readonly lookFloor: Date | null },
) {
  const now = new Date();
  const seconds = quietSecondsFor(config, record.attributes.modality);
  const lookFloor = before?.lookFloor ?? null;
  return {
    waitingSince: before?.waitingSince ?? now,
    quietSince: now,
    quietUntil: new Date(now.getTime() + seconds * 1000),
    lookAt: lookFloor === null || lookFloor < now ? now : lookFloor,
    lookFloor,
  };
}

/** Attributes and order of a study, from its first image (or from its first object until one comes). */
export function studyAttributes(record: InstanceRecord, receivedAt: Date, rules: SiteRules) {
  const { attributes } = record;
  const order = orderPriority(attributes.requestedProcedurePriority);
  const decision = decidePriority(rules.rule, { order, receivedAt: receivedAt.getTime() }, []);
  return {
    site: siteOf(record.callingAe, rules),
    patientId: text(attributes.patientId),
    issuerOfPatientId: text(attributes.issuerOfPatientId),
    patientKey: patientKey(record, rules),
    patientName: text(attributes.patientName),
    patientBirthDate: text(attributes.patientBirthDate),
    patientSex: text(attributes.patientSex),
    patientAge: text(attributes.patientAge),
    accessionNumber: text(attributes.accessionNumber),
    studyId: text(attributes.studyId),
    referringPhysicianName: text(attributes.referringPhysicianName),
    studyDescription: text(attributes.studyDescription),
    studyDate: text(attributes.studyDate),
    studyTime: text(attributes.studyTime),
    timezoneOffsetFromUtc: text(attributes.timezoneOffsetFromUtc),
    modality: code(attributes.modality),
    bodyPartExamined: code(attributes.bodyPartExamined),
    basePriority: decision.basePriority,
    priority: decision.priority,
    reason: decision.reason,
    orderPrioritySource: order.source,
    dueAt: new Date(decision.dueAt),
    rankAt: new Date(decision.rankAt),
    ruleId: decision.ruleId,
    ruleVersion: decision.ruleVersion,
  };
}

/** The row of a study that nothing was known of before. It is on the list from now on. */
export function newStudy(record: InstanceRecord, rules: SiteRules): Insertable<StudyTable> {
  return {
    ...studyAttributes(record, record.receivedAt, rules),
    studyInstanceUid: record.attributes.studyInstanceUid,
    status: 'receiving',
    receivedAt: record.receivedAt,
    ...waitColumns(record, rules),
  };
}

export function instanceRow(
  record: InstanceRecord,
  place: Pick<Insertable<InstanceTable>, 'studyKey' | 'standing'>,
): Insertable<InstanceTable> {
  const { attributes } = record;
  return {
    ...place,
    sopInstanceUid: attributes.sopInstanceUid,
    sopClassUid: attributes.sopClassUid,
    seriesInstanceUid: attributes.seriesInstanceUid,
    transferSyntaxUid: attributes.transferSyntaxUid,
    kind: kindOf(attributes),
    blobPath: record.blobPath,
    sha256: record.sha256,
    fileBytes: record.fileBytes,
    dataSetOffset: record.dataSetOffset,
    modality: code(attributes.modality),
    seriesNumber: integer(attributes.seriesNumber),
    seriesDescription: text(attributes.seriesDescription),
    instanceNumber: integer(attributes.instanceNumber),
    rows: integer(attributes.rows),
    columns: integer(attributes.columns),
    numberOfFrames: integer(attributes.numberOfFrames),
    bitsAllocated: integer(attributes.bitsAllocated),
    performedProcedureStepStartDate: text(attributes.performedProcedureStepStartDate),
    performedProcedureStepStartTime: text(attributes.performedProcedureStepStartTime),
    scheduledProcedureStepId: text(attributes.scheduledProcedureStepId),
    requestedProcedureId: text(attributes.requestedProcedureId),
    bodyPartExamined: text(attributes.bodyPartExamined),
    protocolName: text(attributes.protocolName),
    viewPosition: text(attributes.viewPosition),
    viewCode: text(attributes.viewCode),
    imageLaterality: text(
      attributes.imageLaterality ?? attributes.laterality ?? attributes.frameLaterality,
    ),
    acquisitionNumber: integer(attributes.acquisitionNumber),
    imagesInAcquisition: integer(attributes.imagesInAcquisition),
    numberOfSeriesRelatedInstances: integer(attributes.numberOfSeriesRelatedInstances),
    numberOfStudyRelatedInstances: integer(attributes.numberOfStudyRelatedInstances),
    callingAe: record.callingAe,
    receivedAt: record.receivedAt,
  };
}
