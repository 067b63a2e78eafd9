import { type DicomJson, type JsonValue, personName } from '#dicom/attributes/dicom-json.ts';
import type { StudyRow } from '../../list/study-item.ts';
import type { InstanceRow } from '../../study/images.ts';
import type { StudyCounts } from './count-studies.ts';

type Attribute = readonly [tag: string, vr: string, value: JsonValue | readonly JsonValue[]];

const UTF8: Attribute = ['00080005', 'CS', 'ISO_IR 192'];
const ONLINE: Attribute = ['00080056', 'CS', 'ONLINE'];

/** An attribute without a value stays, empty: the asker sees that it is not known (PS3.18 F.2.5). */
function toJson(attributes: readonly Attribute[]): DicomJson {
  return Object.fromEntries(
    attributes.map(([tag, vr, value]) => {
      const values = (Array.isArray(value) ? value : [value]).filter((each) => each !== null);
      return [tag, values.length === 0 ? { vr } : { vr, Value: values }];
    }),
  );
}

/** Ascending by tag, as the DICOM JSON model asks for. */
export function sortTags(json: DicomJson): DicomJson {
  return Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function name(value: string | null): JsonValue {
  return value === null ? null : personName(value);
}

/** PS3.18 table 10.6.3-3. @param root address of our DICOMweb service */
export function studyToJson(
  row: StudyRow,
  counts: StudyCounts | undefined,
  root: string,
): DicomJson {
  return toJson([
    UTF8,
    ['00080020', 'DA', row.studyDate],
    ['00080030', 'TM', row.studyTime],
    ['00080050', 'SH', row.accessionNumber],
    ONLINE,
    ['00080061', 'CS', counts?.modalities ?? []],
    ['00080090', 'PN', name(row.referringPhysicianName)],
    ['00080201', 'SH', row.timezoneOffsetFromUtc],
    ['00081030', 'LO', row.studyDescription],
    ['00081190', 'UR', `${root}/studies/${row.studyInstanceUid}`],
    ['00100010', 'PN', name(row.patientName)],
    ['00100020', 'LO', row.patientId],
    ['00100021', 'LO', row.issuerOfPatientId],
    ['00100030', 'DA', row.patientBirthDate],
    ['00100040', 'CS', row.patientSex],
    ['0020000D', 'UI', row.studyInstanceUid],
    ['00200010', 'SH', row.studyId],
    ['00201206', 'IS', counts?.series ?? 0],
    ['00201208', 'IS', counts?.instances ?? 0],
  ]);
}

function requestAttributes(row: InstanceRow): JsonValue | readonly JsonValue[] {
  const { scheduledProcedureStepId, requestedProcedureId } = row;
  if (scheduledProcedureStepId === null && requestedProcedureId === null) return [];
  return toJson([
    ['00400009', 'SH', scheduledProcedureStepId],
    ['00401001', 'SH', requestedProcedureId],
  ]);
}

/** PS3.18 table 10.6.3-4. @param instances null where they are not counted */
export function seriesToJson(
  place: { study: string; root: string },
  row: InstanceRow,
  instances: number | null,
): DicomJson {
  const { study, root } = place;
  return toJson([
    UTF8,
    ['00080060', 'CS', row.modality],
    ['0008103E', 'LO', row.seriesDescription],
    ['00081190', 'UR', `${root}/studies/${study}/series/${row.seriesInstanceUid}`],
    ['0020000D', 'UI', study],
    ['0020000E', 'UI', row.seriesInstanceUid],
    ['00200011', 'IS', row.seriesNumber],
    ...(instances === null ? [] : [['00201209', 'IS', instances] as const]),
    ['00400244', 'DA', row.performedProcedureStepStartDate],
    ['00400245', 'TM', row.performedProcedureStepStartTime],
    ['00400275', 'SQ', requestAttributes(row)],
  ]);
}

/** PS3.18 table 10.6.3-5, and in which transfer syntax it is kept. */
export function instanceToJson(
  place: { study: string; root: string },
  row: InstanceRow,
): DicomJson {
  const { study, root } = place;
  const address = `${root}/studies/${study}/series/${row.seriesInstanceUid}/instances`;
  return toJson([
    UTF8,
    ['00080016', 'UI', row.sopClassUid],
    ['00080018', 'UI', row.sopInstanceUid],
    ONLINE,
    ['00081190', 'UR', `${address}/${row.sopInstanceUid}`],
    ['00083002', 'UI', row.transferSyntaxUid],
    ['0020000D', 'UI', study],
    ['0020000E', 'UI', row.seriesInstanceUid],
    ['00200013', 'IS', row.instanceNumber],
    ['00280008', 'IS', row.numberOfFrames],
    ['00280010', 'US', row.rows],
    ['00280011', 'US', row.columns],
    ['00280100', 'US', row.bitsAllocated],
  ]);
}
