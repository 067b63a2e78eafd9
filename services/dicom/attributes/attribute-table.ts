import type { AttributeKeyword } from './attribute-schema.ts';

/** How the value of an attribute is read: its VR, with `texts` and `decimals` for those that may have several values. */
type ValueKind =
  | 'UI'
  | 'CS'
  | 'LO'
  | 'SH'
  | 'PN'
  | 'DA'
  | 'TM'
  | 'AS'
  | 'IS'
  | 'DS'
  | 'US'
  | 'US or SS'
  | 'texts'
  | 'decimals';

export interface AttributeRow {
  readonly tag: number;
  readonly kind: ValueKind;
  /** For `texts`: the VR that its text is decoded by. */
  readonly vr?: 'CS' | 'LO';
}

/** Where each attribute stands (PS3.6). */
export const ATTRIBUTE_TABLE: Readonly<Record<AttributeKeyword, AttributeRow>> = {
  studyInstanceUid: { tag: 0x0020000d, kind: 'UI' },
  seriesInstanceUid: { tag: 0x0020000e, kind: 'UI' },
  sopInstanceUid: { tag: 0x00080018, kind: 'UI' },
  sopClassUid: { tag: 0x00080016, kind: 'UI' },
  frameOfReferenceUid: { tag: 0x00200052, kind: 'UI' },
  specificCharacterSet: { tag: 0x00080005, kind: 'texts', vr: 'CS' },
  timezoneOffsetFromUtc: { tag: 0x00080201, kind: 'SH' },
  patientId: { tag: 0x00100020, kind: 'LO' },
  issuerOfPatientId: { tag: 0x00100021, kind: 'LO' },
  patientName: { tag: 0x00100010, kind: 'PN' },
  patientBirthDate: { tag: 0x00100030, kind: 'DA' },
  patientSex: { tag: 0x00100040, kind: 'CS' },
  patientAge: { tag: 0x00101010, kind: 'AS' },
  accessionNumber: { tag: 0x00080050, kind: 'SH' },
  referringPhysicianName: { tag: 0x00080090, kind: 'PN' },
  studyId: { tag: 0x00200010, kind: 'SH' },
  studyDescription: { tag: 0x00081030, kind: 'LO' },
  studyDate: { tag: 0x00080020, kind: 'DA' },
  studyTime: { tag: 0x00080030, kind: 'TM' },
  institutionName: { tag: 0x00080080, kind: 'LO' },
  stationName: { tag: 0x00081010, kind: 'SH' },
  requestedProcedurePriority: { tag: 0x00401003, kind: 'SH' },
  requestedProcedureId: { tag: 0x00401001, kind: 'SH' },
  requestedProcedureDescription: { tag: 0x00321060, kind: 'LO' },
  scheduledProcedureStepId: { tag: 0x00400009, kind: 'SH' },
  performedProcedureStepStartDate: { tag: 0x00400244, kind: 'DA' },
  performedProcedureStepStartTime: { tag: 0x00400245, kind: 'TM' },
  seriesDescription: { tag: 0x0008103e, kind: 'LO' },
  seriesNumber: { tag: 0x00200011, kind: 'IS' },
  seriesDate: { tag: 0x00080021, kind: 'DA' },
  seriesTime: { tag: 0x00080031, kind: 'TM' },
  modality: { tag: 0x00080060, kind: 'CS' },
  bodyPartExamined: { tag: 0x00180015, kind: 'CS' },
  protocolName: { tag: 0x00181030, kind: 'LO' },
  viewPosition: { tag: 0x00185101, kind: 'CS' },
  viewCode: { tag: 0x00080100, kind: 'SH' },
  laterality: { tag: 0x00200060, kind: 'CS' },
  imageLaterality: { tag: 0x00200062, kind: 'CS' },
  frameLaterality: { tag: 0x00209072, kind: 'CS' },
  patientPosition: { tag: 0x00185100, kind: 'CS' },
  patientOrientation: { tag: 0x00200020, kind: 'texts', vr: 'CS' },
  presentationIntentType: { tag: 0x00080068, kind: 'CS' },
  contrastBolusAgent: { tag: 0x00180010, kind: 'LO' },
  convolutionKernel: { tag: 0x00181210, kind: 'SH' },
  imagesInAcquisition: { tag: 0x00201002, kind: 'IS' },
  numberOfStudyRelatedInstances: { tag: 0x00201208, kind: 'IS' },
  numberOfSeriesRelatedInstances: { tag: 0x00201209, kind: 'IS' },
  manufacturer: { tag: 0x00080070, kind: 'LO' },
  manufacturerModelName: { tag: 0x00081090, kind: 'LO' },
  deviceSerialNumber: { tag: 0x00181000, kind: 'LO' },
  softwareVersions: { tag: 0x00181020, kind: 'texts', vr: 'LO' },
  instanceNumber: { tag: 0x00200013, kind: 'IS' },
  acquisitionNumber: { tag: 0x00200012, kind: 'IS' },
  acquisitionDate: { tag: 0x00080022, kind: 'DA' },
  acquisitionTime: { tag: 0x00080032, kind: 'TM' },
  contentDate: { tag: 0x00080023, kind: 'DA' },
  contentTime: { tag: 0x00080033, kind: 'TM' },
  imageType: { tag: 0x00080008, kind: 'texts', vr: 'CS' },
  conversionType: { tag: 0x00080064, kind: 'CS' },
  burnedInAnnotation: { tag: 0x00280301, kind: 'CS' },
  lossyImageCompression: { tag: 0x00282110, kind: 'CS' },
  photometricInterpretation: { tag: 0x00280004, kind: 'CS' },
  rows: { tag: 0x00280010, kind: 'US' },
  columns: { tag: 0x00280011, kind: 'US' },
  bitsAllocated: { tag: 0x00280100, kind: 'US' },
  bitsStored: { tag: 0x00280101, kind: 'US' },
  highBit: { tag: 0x00280102, kind: 'US' },
  pixelRepresentation: { tag: 0x00280103, kind: 'US' },
  samplesPerPixel: { tag: 0x00280002, kind: 'US' },
  planarConfiguration: { tag: 0x00280006, kind: 'US' },
  numberOfFrames: { tag: 0x00280008, kind: 'IS' },
  pixelPaddingValue: { tag: 0x00280120, kind: 'US or SS' },
  pixelPaddingRangeLimit: { tag: 0x00280121, kind: 'US or SS' },
  pixelSpacing: { tag: 0x00280030, kind: 'decimals' },
  imagerPixelSpacing: { tag: 0x00181164, kind: 'decimals' },
  imagePositionPatient: { tag: 0x00200032, kind: 'decimals' },
  imageOrientationPatient: { tag: 0x00200037, kind: 'decimals' },
  sliceThickness: { tag: 0x00180050, kind: 'DS' },
  spacingBetweenSlices: { tag: 0x00180088, kind: 'DS' },
  sliceLocation: { tag: 0x00201041, kind: 'DS' },
  rescaleSlope: { tag: 0x00281053, kind: 'DS' },
  rescaleIntercept: { tag: 0x00281052, kind: 'DS' },
  rescaleType: { tag: 0x00281054, kind: 'LO' },
  windowCenter: { tag: 0x00281050, kind: 'decimals' },
  windowWidth: { tag: 0x00281051, kind: 'decimals' },
  voiLutFunction: { tag: 0x00281056, kind: 'CS' },
  presentationLutShape: { tag: 0x20500020, kind: 'CS' },
};

/** The UIDs without which an object has no place in a study. */
export const MANDATORY_UIDS = [
  'sopClassUid',
  'sopInstanceUid',
  'studyInstanceUid',
  'seriesInstanceUid',
] as const satisfies readonly AttributeKeyword[];

const REQUEST_ATTRIBUTES = [0x00400275];

/** Sequences to look in for an attribute that does not stand at the top: the first item of each. */
export const FALLBACK_SEQUENCES: Partial<Record<AttributeKeyword, readonly number[]>> = {
  requestedProcedurePriority: REQUEST_ATTRIBUTES,
  requestedProcedureId: REQUEST_ATTRIBUTES,
  requestedProcedureDescription: REQUEST_ATTRIBUTES,
  scheduledProcedureStepId: REQUEST_ATTRIBUTES,
  viewCode: [0x00540220],
};

/** The functional group that holds an attribute in enhanced multi-frame objects (PS3.3 C.7.6.16.2). */
export const FUNCTIONAL_GROUPS: Partial<Record<AttributeKeyword, number>> = {
  frameLaterality: 0x00209071,
  pixelSpacing: 0x00289110,
  sliceThickness: 0x00289110,
  spacingBetweenSlices: 0x00289110,
  imagePositionPatient: 0x00209113,
  imageOrientationPatient: 0x00209116,
  rescaleSlope: 0x00289145,
  rescaleIntercept: 0x00289145,
  rescaleType: 0x00289145,
  windowCenter: 0x00289132,
  windowWidth: 0x00289132,
  voiLutFunction: 0x00289132,
};

export const CONTRIBUTING_EQUIPMENT = 0x0018a001;
