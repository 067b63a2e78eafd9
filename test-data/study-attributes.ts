import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { encodeName, specificCharacterSet } from './charset-encoder.ts';
import type { Attributes } from './part10-writer.ts';
import { createRandom } from './random.ts';
import { PHANTOM_MANUFACTURER, type PhantomPatient, type StudyOptions } from './study-types.ts';

/** Identity of a study: everything that makes twins differ in UIDs, with the parts that they share. */
export interface StudyIdentity {
  readonly seed: string;
  readonly patient: PhantomPatient;
  readonly studyInstanceUid: string;
  /** A UID below this study, the same whenever the same parts are asked for. */
  readonly uid: (...parts: readonly (string | number)[]) => string;
  readonly shared: Attributes;
}

export function identifyStudy(options: StudyOptions): StudyIdentity {
  const seed = `${options.kind}/${options.seed}`;
  const variant = [
    seed,
    options.lesion?.subtlety ?? 'none',
    options.view ?? '',
    options.photometric ?? '',
    options.patient?.id ?? '',
    options.slices ?? '',
    options.matrix ?? '',
    // Later options stand here only when they are given: the UIDs of studies without them stay as they were.
    ...(options.lateral === true ? ['lateral'] : []),
    ...(options.localizer === true ? ['localizer'] : []),
    ...(options.enhanced === true ? ['enhanced'] : []),
    ...(options.smallLeft === true ? ['small left'] : []),
  ];
  const uid = (...parts: readonly (string | number)[]) =>
    deriveUid(['radtriage-phantom', ...variant, ...parts], options.uidRoot);
  const patient = options.patient ?? inventPatient(seed, options.lesion === null ? 'A' : 'B');
  const studyInstanceUid = uid('study');
  return {
    seed,
    patient,
    studyInstanceUid,
    uid,
    shared: sharedAttributes(options, patient, studyInstanceUid),
  };
}

function inventPatient(seed: string, suffix: string): PhantomPatient {
  const random = createRandom(seed, 'patient');
  const number = random.integer(100000, 999999);
  return {
    name: `Phantom^Seed ${number}${suffix}`,
    id: `PH${number}${suffix}`,
    birthDate: `${random.integer(1935, 2001)}${two(random.integer(1, 12))}${two(random.integer(1, 28))}`,
    sex: random.chance(0.5) ? 'M' : 'F',
  };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function sharedAttributes(
  options: StudyOptions,
  patient: PhantomPatient,
  studyInstanceUid: string,
): Attributes {
  const charset = options.charset ?? 'ISO_IR 192';
  const date = options.studyDate ?? '20260112';
  const random = createRandom(options.kind, options.seed, 'visit');
  const time =
    options.studyTime ??
    `${two(random.integer(7, 18))}${two(random.integer(0, 59))}${two(random.integer(0, 59))}`;
  const accession =
    options.accessionNumber ??
    `P${random.integer(1000000, 9999999)}${options.lesion === null ? 'A' : 'B'}`;
  return {
    SpecificCharacterSet: specificCharacterSet(charset),
    SOPClassUID: '',
    StudyDate: date,
    SeriesDate: date,
    AcquisitionDate: date,
    ContentDate: date,
    StudyTime: time,
    SeriesTime: time,
    AcquisitionTime: time,
    ContentTime: time,
    AccessionNumber: accession,
    Manufacturer: PHANTOM_MANUFACTURER,
    ManufacturerModelName: `Generator ${options.kind}`,
    DeviceSerialNumber: 'PHANTOM-1',
    SoftwareVersions: '1',
    InstitutionName: 'Phantom Hospital',
    ReferringPhysicianName: '',
    PatientName: encodeName(patient.name, charset),
    PatientID: patient.id,
    PatientBirthDate: patient.birthDate,
    PatientSex: patient.sex,
    PatientAge: ageAt(patient.birthDate, date),
    StudyInstanceUID: studyInstanceUid,
    StudyID: '1',
    RequestedProcedurePriority: options.priority,
  };
}

/** Whole years as an AS value, for example "063Y". */
function ageAt(birthDate: string, date: string): string {
  const years = Math.floor((Number(date) - Number(birthDate)) / 10000);
  return `${String(Math.max(0, years)).padStart(3, '0')}Y`;
}
