import { itemsOf, readBytes } from '../attributes/element-values.ts';
import type { NewElement } from '../attributes/encode-data-set.ts';
import { toElements } from '../attributes/keywords.ts';
import { OWN_MODEL_NAME, readImageAttributes } from '../attributes/read-attributes.ts';
import { codeItem, own, PRIVATE_SCHEME } from './codes.ts';
import type { ElementCopier } from './copy-elements.ts';
import { localTime } from './local-time.ts';
import type { Algorithm, DocumentIdentity, SourceImage } from './types.ts';

const OWN_MANUFACTURER = 'RadTriage';

/** Patient, clinical trial, general study and patient study modules (PS3.3 C.7.1, C.7.2), taken over as they are. */
const PATIENT_AND_STUDY: readonly number[] = [
  0x00080020, // StudyDate
  0x00080030, // StudyTime
  0x00080050, // AccessionNumber
  0x00080051, // IssuerOfAccessionNumberSequence
  0x00080090, // ReferringPhysicianName
  0x00080096, // ReferringPhysicianIdentificationSequence
  0x00080201, // TimezoneOffsetFromUTC
  0x00081030, // StudyDescription
  0x00081032, // ProcedureCodeSequence
  0x00081048, // PhysiciansOfRecord
  0x00081049, // PhysiciansOfRecordIdentificationSequence
  0x00081060, // NameOfPhysiciansReadingStudy
  0x00081062, // PhysiciansReadingStudyIdentificationSequence
  0x00081080, // AdmittingDiagnosesDescription
  0x00081084, // AdmittingDiagnosesCodeSequence
  0x00081110, // ReferencedStudySequence
  0x00100010, // PatientName
  0x00100020, // PatientID
  0x00100021, // IssuerOfPatientID
  0x00100022, // TypeOfPatientID
  0x00100024, // IssuerOfPatientIDQualifiersSequence
  0x00100026, // SourcePatientGroupIdentificationSequence
  0x00100030, // PatientBirthDate
  0x00100032, // PatientBirthTime
  0x00100040, // PatientSex
  0x00101001, // OtherPatientNames
  0x00101002, // OtherPatientIDsSequence
  0x00101010, // PatientAge
  0x00101020, // PatientSize
  0x00101030, // PatientWeight
  0x00102160, // EthnicGroup
  0x00102180, // Occupation
  0x001021b0, // AdditionalPatientHistory
  0x001021c0, // PregnancyStatus
  0x00102201, // PatientSpeciesDescription
  0x00102202, // PatientSpeciesCodeSequence
  0x00102203, // PatientSexNeutered
  0x00102292, // PatientBreedDescription
  0x00102293, // PatientBreedCodeSequence
  0x00102294, // BreedRegistrationSequence
  0x00102297, // ResponsiblePerson
  0x00102298, // ResponsiblePersonRole
  0x00102299, // ResponsibleOrganization
  0x00104000, // PatientComments
  0x00120010, // ClinicalTrialSponsorName
  0x00120020, // ClinicalTrialProtocolID
  0x00120021, // ClinicalTrialProtocolName
  0x00120030, // ClinicalTrialSiteID
  0x00120031, // ClinicalTrialSiteName
  0x00120040, // ClinicalTrialSubjectID
  0x00120042, // ClinicalTrialSubjectReadingID
  0x00120050, // ClinicalTrialTimePointID
  0x00120051, // ClinicalTrialTimePointDescription
  0x00120062, // PatientIdentityRemoved
  0x00120063, // DeidentificationMethod
  0x00120064, // DeidentificationMethodCodeSequence
  0x00200010, // StudyID
  0x00321033, // RequestingService
  0x00380010, // AdmissionID
  0x00380014, // IssuerOfAdmissionIDSequence
];

/** Attributes of these modules that must be there even when nothing is known (type 2). */
const MUST_STAND: readonly (readonly [tag: number, vr: 'DA' | 'TM' | 'SH' | 'PN' | 'LO' | 'CS'])[] =
  [
    [0x00080020, 'DA'],
    [0x00080030, 'TM'],
    [0x00080050, 'SH'],
    [0x00080090, 'PN'],
    [0x00100010, 'PN'],
    [0x00100020, 'LO'],
    [0x00100030, 'DA'],
    [0x00100040, 'CS'],
    [0x00200010, 'SH'],
  ];

const PROCESSING_ALGORITHM = own('PROC-ALGORITHM', 'Processing Algorithm');

export interface CommonInput {
  readonly sopClassUid: string;
  readonly modality: string;
  readonly seriesDescription: string;
  readonly source: SourceImage;
  readonly identity: DocumentIdentity;
  /** Those that the object carries something of. */
  readonly algorithms: readonly Algorithm[];
  /** A presentation state has no ContentDate, it has a PresentationCreationDate. */
  readonly isPresentationState?: boolean;
}

/**
 * What every object has: patient and study as in the source image, its own series and equipment, the models that
 * contributed (IHE AIR), and what our private codes are.
 */
export function commonElements(input: CommonInput, copier: ElementCopier): NewElement[] {
  const { sopClassUid, modality, source, identity } = input;
  const { device } = identity;
  const content = localTime(identity.contentAt, source.header, identity.utcOffsetMinutes);
  const characterSet = copier.characterSet;
  return [
    ...patientAndStudy(copier),
    ...toElements({
      SpecificCharacterSet: characterSet.length === 0 ? undefined : characterSet,
      InstanceCreationDate: content.date,
      InstanceCreationTime: content.time,
      SOPClassUID: sopClassUid,
      SOPInstanceUID: identity.sopInstanceUid,
      StudyInstanceUID: source.studyInstanceUid,
      SeriesDate: content.date,
      ContentDate: input.isPresentationState === true ? undefined : content.date,
      SeriesTime: content.time,
      ContentTime: input.isPresentationState === true ? undefined : content.time,
      Modality: modality,
      SeriesInstanceUID: identity.seriesInstanceUid,
      SeriesNumber: identity.seriesNumber,
      SeriesDescription: input.seriesDescription.slice(0, 64),
      InstanceNumber: identity.instanceNumber,
      Manufacturer: OWN_MANUFACTURER,
      ManufacturerModelName: OWN_MODEL_NAME,
      InstitutionName: device.institutionName,
      StationName: device.stationName.slice(0, 16),
      DeviceSerialNumber: device.deviceUid,
      SoftwareVersions: device.softwareVersion,
      ContributingEquipmentSequence: contributingEquipment(input.algorithms, content.dateTime),
      CodingSchemeIdentificationSequence: [
        toElements({
          CodingSchemeDesignator: PRIVATE_SCHEME,
          CodingSchemeName: 'Codes of RadTriage',
          CodingSchemeResponsibleOrganization: 'RadTriage',
        }),
      ],
    }),
  ];
}

function patientAndStudy(copier: ElementCopier): NewElement[] {
  const copied = copier.copy(PATIENT_AND_STUDY);
  const present = new Set(copied.map(({ tag }) => tag));
  const missing = MUST_STAND.filter(([tag]) => !present.has(tag));
  return [...copied, ...missing.map(([tag, vr]): NewElement => ({ tag, vr, value: '' }))];
}

/** IHE AIR: each algorithm is contributing equipment, its device UID another one after each retraining. */
function contributingEquipment(
  algorithms: readonly Algorithm[],
  dateTime: string,
): NewElement[][] | undefined {
  if (algorithms.length === 0) return undefined;
  return algorithms.map((algorithm) =>
    toElements({
      PurposeOfReferenceCodeSequence: [codeItem(PROCESSING_ALGORITHM)],
      Manufacturer: (algorithm.manufacturer ?? OWN_MANUFACTURER).slice(0, 64),
      ManufacturerModelName: algorithm.id.slice(0, 64),
      SoftwareVersions: algorithm.version.slice(0, 64),
      DeviceUID: algorithm.deviceUid,
      ContributionDateTime: dateTime,
      ContributionDescription: `${algorithm.title}; weights SHA-256 ${algorithm.sha256}`,
    }),
  );
}

const REQUEST_ATTRIBUTES = 0x00400275;
const REQUESTED_PROCEDURE_ID = 0x00401001;
const ACCESSION_NUMBER = 0x00080050;

/** RequestAttributesSequence of the source, for a series of images or presentation states (PS3.3 C.7.3.1). */
export function requestAttributes(copier: ElementCopier): NewElement[] {
  return copier.copy([REQUEST_ATTRIBUTES]);
}

const BODY_PART_EXAMINED = 0x00180015;
const LATERALITY = 0x00200060;

/** BodyPartExamined, and Laterality, which may only be missing where the part is known to be unpaired. */
export function bodyPart(source: SourceImage, copier: ElementCopier): NewElement[] {
  const part = copier.copy([BODY_PART_EXAMINED]);
  const stated = copier.copy([LATERALITY]);
  if (stated.length > 0) return [...part, ...stated];
  const { imageLaterality } = readImageAttributes(source.header, 0);
  if (imageLaterality === 'L' || imageLaterality === 'R') {
    return [...part, ...toElements({ Laterality: imageLaterality })];
  }
  return part.length > 0 ? part : toElements({ Laterality: '' });
}

const LOSSY_IMAGE_COMPRESSION = 0x00282110;
const LOSSY_DETAILS = [0x00282112, 0x00282114];

/** What is made of an image that was compressed with loss says so (PS3.3 C.7.6.1.1.5). */
export function lossyCompression(copier: ElementCopier): NewElement[] {
  const stated = copier.copy([LOSSY_IMAGE_COMPRESSION]);
  return stated.length > 0
    ? [...stated, ...copier.copy(LOSSY_DETAILS)]
    : toElements({ LossyImageCompression: '00' });
}

/** ReferencedRequestSequence of a document (PS3.3 table C.17-2): the orders that the source says it was made for. */
export function referencedRequests(source: SourceImage, copier: ElementCopier): NewElement[] {
  const { header } = source;
  const stated = itemsOf(header, REQUEST_ATTRIBUTES);
  const atTop = [REQUESTED_PROCEDURE_ID, ACCESSION_NUMBER].some(
    (tag) => (readBytes(header, tag)?.length ?? 0) > 0,
  );
  const requests = stated.length > 0 ? stated : atTop ? [header] : [];
  if (requests.length === 0) return [];
  const items = requests.map((request) => {
    const copied = [
      ...copier.copyFrom(
        request,
        [0x00080051, 0x00081110, 0x00321060, 0x00321064, 0x00401001, 0x00402016, 0x00402017],
      ),
      ...withFallback(copier, request, header),
    ];
    const present = new Set(copied.map(({ tag }) => tag));
    const empty = toElements({
      ReferencedStudySequence: [],
      AccessionNumber: '',
      RequestedProcedureDescription: '',
      RequestedProcedureCodeSequence: [],
      RequestedProcedureID: '',
      PlacerOrderNumberImagingServiceRequest: '',
      FillerOrderNumberImagingServiceRequest: '',
    });
    return [
      ...copied,
      ...empty.filter(({ tag }) => !present.has(tag)),
      ...toElements({ StudyInstanceUID: source.studyInstanceUid }),
    ];
  });
  return toElements({ ReferencedRequestSequence: items });
}

/** The accession number stands in the request's item only where a study answers several orders. */
function withFallback(
  copier: ElementCopier,
  request: SourceImage['header'],
  header: SourceImage['header'],
): NewElement[] {
  const own = copier.copyFrom(request, [ACCESSION_NUMBER]);
  return own.length > 0 ? own : copier.copyFrom(header, [ACCESSION_NUMBER]);
}
