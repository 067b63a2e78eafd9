import type { QuarantineReason } from '#core/quarantine-state.ts';

/** Whether two contents show the same: by their bytes, or by what they decode to. */
export type PixelVerdict = 'same' | 'same-decoded' | 'changed' | 'not-compared' | 'none';

/** What two contents under one SOP Instance UID are to each other. */
export interface Likeness {
  readonly pixels: PixelVerdict;
  /** Keywords of the attributes of the top level that differ. */
  readonly differences: readonly string[];
  /** Whether what is read of the header for reading and models differs, identity left out. */
  readonly sameMeaning: boolean;
  readonly sameKind: boolean;
}

export type VersionVerdict =
  /** The newer is current at once. `sameAnalysis`: what was found on the older holds for it. */
  | { readonly verdict: 'version'; readonly sameAnalysis: boolean }
  | { readonly verdict: 'quarantine'; readonly reason: QuarantineReason };

/** How the stored pixels are to be read (PS3.3 C.7.6.3): with another word here the same bytes are other pixels. */
const PIXEL_DESCRIPTION: ReadonlySet<string> = new Set([
  'Rows',
  'Columns',
  'NumberOfFrames',
  'SamplesPerPixel',
  'PhotometricInterpretation',
  'PlanarConfiguration',
  'BitsAllocated',
  'BitsStored',
  'HighBit',
  'PixelRepresentation',
  'RedPaletteColorLookupTableDescriptor',
  'GreenPaletteColorLookupTableDescriptor',
  'BluePaletteColorLookupTableDescriptor',
  'RedPaletteColorLookupTableData',
  'GreenPaletteColorLookupTableData',
  'BluePaletteColorLookupTableData',
  'PixelPaddingValue',
]);

/** Of these a lossless recoding may change how it is written without changing a pixel. */
const CODING: ReadonlySet<string> = new Set(['PhotometricInterpretation', 'PlanarConfiguration']);

/**
 * Who and which order, never what the image shows or where: no model selects by them, and no geometry hangs on them.
 * Whatever is not here makes a new analysis. Private attributes count as these: nothing here reads them.
 */
const IDENTITY: ReadonlySet<string> = new Set([
  'SpecificCharacterSet',
  'InstanceCoercionDateTime',
  'OriginalAttributesSequence',
  'AccessionNumber',
  'IssuerOfAccessionNumberSequence',
  'RetrieveAETitle',
  'InstitutionName',
  'InstitutionAddress',
  'InstitutionalDepartmentName',
  'ReferringPhysicianName',
  'ReferringPhysicianIdentificationSequence',
  'ConsultingPhysicianName',
  'PhysiciansOfRecord',
  'PerformingPhysicianName',
  'NameOfPhysiciansReadingStudy',
  'OperatorsName',
  'StudyID',
  'PatientName',
  'PatientID',
  'TypeOfPatientID',
  'IssuerOfPatientID',
  'IssuerOfPatientIDQualifiersSequence',
  'PatientBirthTime',
  'OtherPatientIDs',
  'OtherPatientIDsSequence',
  'OtherPatientNames',
  'PatientBirthName',
  'PatientMotherBirthName',
  'PatientAddress',
  'PatientTelephoneNumbers',
  'EthnicGroup',
  'Occupation',
  'PatientComments',
  'AdditionalPatientHistory',
  'AdmissionID',
  'IssuerOfAdmissionIDSequence',
  'RequestingPhysician',
  'RequestingService',
  'RequestedProcedureID',
  'RequestedProcedureDescription',
  'RequestedProcedureCodeSequence',
  'ReferencedStudySequence',
  'ReferencedPatientSequence',
  'ReferencedPerformedProcedureStepSequence',
  'PerformedProcedureStepID',
  'PerformedProcedureStepStartDate',
  'PerformedProcedureStepStartTime',
  'PerformedProcedureStepDescription',
]);

function isIdentity(keyword: string): boolean {
  return IDENTITY.has(keyword) || keyword.startsWith('private ');
}

/**
 * Judges a content that came under a known UID. What cannot be told to show the same is held back: nobody may be shown
 * other pixels under a UID that was read before.
 */
export function judgeVersion({
  pixels,
  differences,
  sameMeaning,
  sameKind,
}: Likeness): VersionVerdict {
  const sameIdentity = differences.every(isIdentity);
  if (!sameKind || differences.includes('SOPClassUID')) {
    return { verdict: 'quarantine', reason: 'content-changed' };
  }
  if (pixels === 'none') {
    return sameIdentity
      ? { verdict: 'version', sameAnalysis: true }
      : { verdict: 'quarantine', reason: 'content-changed' };
  }
  if (pixels === 'changed') return { verdict: 'quarantine', reason: 'pixels-changed' };
  if (pixels === 'not-compared') return { verdict: 'quarantine', reason: 'pixels-not-compared' };
  const mayDiffer = pixels === 'same-decoded' ? CODING : new Set<string>();
  const isOtherPicture = differences.some(
    (each) => PIXEL_DESCRIPTION.has(each) && !mayDiffer.has(each),
  );
  if (isOtherPicture) return { verdict: 'quarantine', reason: 'pixels-changed' };
  const analysed = differences.filter((each) => !isIdentity(each) && !mayDiffer.has(each));
  return { verdict: 'version', sameAnalysis: analysed.length === 0 && sameMeaning };
}
