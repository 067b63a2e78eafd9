/** Of which resources a search gives a list (PS3.18 table 10.6.1-1). */
export type Level = 'study' | 'series' | 'instance';
export const LEVELS: readonly Level[] = ['study', 'series', 'instance'];

/** How a key matches (PS3.4 C.2.2.2), as far as it hangs on its VR. */
export type Matching =
  | 'uid'
  | 'text'
  | 'name'
  | 'date'
  | 'time'
  | 'number'
  | 'modalities'
  | 'count';

export interface QueryKey {
  /** Eight upper-case hexadecimal digits; with the tag of its sequence and a dot before it. */
  readonly tag: string;
  readonly keyword: string;
  readonly level: Level;
  readonly matching: Matching;
  /** In the table `study` or, below its level, `instance`. Without one it is counted or looked up. */
  readonly column: string;
  /** The index on the column is over its first characters. */
  readonly indexed?: true;
}

type Row = readonly [
  tag: string,
  keyword: string,
  matching: Matching,
  column: string,
  indexed?: true,
];

const STUDY: readonly Row[] = [
  ['00080020', 'StudyDate', 'date', 'studyDate', true],
  ['00080030', 'StudyTime', 'time', 'studyTime'],
  ['00080050', 'AccessionNumber', 'text', 'accessionNumber', true],
  ['00080061', 'ModalitiesInStudy', 'modalities', ''],
  ['00080090', 'ReferringPhysicianName', 'name', 'referringPhysicianName'],
  ['00081030', 'StudyDescription', 'text', 'studyDescription'],
  ['00100010', 'PatientName', 'name', 'patientName', true],
  ['00100020', 'PatientID', 'text', 'patientId', true],
  ['00100021', 'IssuerOfPatientID', 'text', 'issuerOfPatientId'],
  ['00100030', 'PatientBirthDate', 'date', 'patientBirthDate'],
  ['00100040', 'PatientSex', 'text', 'patientSex'],
  ['0020000D', 'StudyInstanceUID', 'uid', 'studyInstanceUid'],
  ['00200010', 'StudyID', 'text', 'studyId'],
  ['00201206', 'NumberOfStudyRelatedSeries', 'count', 'series'],
  ['00201208', 'NumberOfStudyRelatedInstances', 'count', 'instances'],
];

const SERIES: readonly Row[] = [
  ['00080060', 'Modality', 'text', 'modality'],
  ['0008103E', 'SeriesDescription', 'text', 'seriesDescription'],
  ['0020000E', 'SeriesInstanceUID', 'uid', 'seriesInstanceUid'],
  ['00200011', 'SeriesNumber', 'number', 'seriesNumber'],
  ['00180015', 'BodyPartExamined', 'text', 'bodyPartExamined'],
  ['00400244', 'PerformedProcedureStepStartDate', 'date', 'performedProcedureStepStartDate'],
  ['00400245', 'PerformedProcedureStepStartTime', 'time', 'performedProcedureStepStartTime'],
  [
    '00400275.00400009',
    'RequestAttributesSequence.ScheduledProcedureStepID',
    'text',
    'scheduledProcedureStepId',
  ],
  [
    '00400275.00401001',
    'RequestAttributesSequence.RequestedProcedureID',
    'text',
    'requestedProcedureId',
  ],
];

const INSTANCE: readonly Row[] = [
  ['00080016', 'SOPClassUID', 'uid', 'sopClassUid'],
  ['00080018', 'SOPInstanceUID', 'uid', 'sopInstanceUid'],
  ['00200013', 'InstanceNumber', 'number', 'instanceNumber'],
];

function atLevel(level: Level, rows: readonly Row[]): QueryKey[] {
  return rows.map(([tag, keyword, matching, column, indexed]) => ({
    ...{ tag, keyword, matching, column, level },
    ...(indexed === undefined ? {} : { indexed }),
  }));
}

/** Everything that can be searched by (PS3.18 table 10.6.1-5), and some more that is in the index anyway. */
export const QUERY_KEYS: readonly QueryKey[] = [
  ...atLevel('study', STUDY),
  ...atLevel('series', SERIES),
  ...atLevel('instance', INSTANCE),
];

const BY_NAME = new Map(
  QUERY_KEYS.flatMap((key) => [[key.tag, key] as const, [key.keyword, key] as const]),
);

/** By keyword, or by tag in either case. */
export function findQueryKey(name: string): QueryKey | undefined {
  return BY_NAME.get(name) ?? BY_NAME.get(name.toUpperCase());
}

/** Whether `level` lies at or above that of what is searched for. */
export function isWithin(level: Level, searched: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(searched);
}
