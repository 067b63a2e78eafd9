import { z } from 'zod';

/** Characters that may not stand in a UID that becomes part of anything (PS3.5 9.1). */
export const UID_PATTERN = /^[0-9.]{1,64}$/;

const uid = z.string().regex(UID_PATTERN);
const text = z.string().max(10_240);
const numbers = z.array(z.number()).readonly();

function tuple(length: number) {
  return z.array(z.number()).length(length).readonly();
}

/**
 * Attributes read of one instance, by DICOM keyword. Lengths are millimetres, dates and times raw (DA `YYYYMMDD`, TM
 * `HHMMSS.FFFFFF`), numbers finite. An attribute that is absent or invalid is left out; the invalid ones are named in
 * `problems`, without their values.
 */
export const dicomAttributesSchema = z.object({
  transferSyntaxUid: uid,
  studyInstanceUid: uid,
  seriesInstanceUid: uid,
  sopInstanceUid: uid,
  sopClassUid: uid,
  frameOfReferenceUid: uid.optional(),
  specificCharacterSet: z.array(text).readonly().optional(),
  timezoneOffsetFromUtc: text.optional(),

  patientId: text.optional(),
  issuerOfPatientId: text.optional(),
  /** Decoded, with its `^` components and `=` groups (alphabetic, ideographic, phonetic). */
  patientName: text.optional(),
  patientBirthDate: text.optional(),
  patientSex: z.enum(['M', 'F', 'O']).optional(),
  patientAge: text.optional(),

  accessionNumber: text.optional(),
  studyId: text.optional(),
  referringPhysicianName: text.optional(),
  studyDescription: text.optional(),
  studyDate: text.optional(),
  studyTime: text.optional(),
  institutionName: text.optional(),
  stationName: text.optional(),
  /** (0040,1003), or the same within RequestAttributesSequence. */
  requestedProcedurePriority: text.optional(),
  requestedProcedureId: text.optional(),
  requestedProcedureDescription: text.optional(),
  scheduledProcedureStepId: text.optional(),
  performedProcedureStepStartDate: text.optional(),
  performedProcedureStepStartTime: text.optional(),

  seriesDescription: text.optional(),
  seriesNumber: z.int().optional(),
  seriesDate: text.optional(),
  seriesTime: text.optional(),
  modality: text.optional(),
  bodyPartExamined: text.optional(),
  protocolName: text.optional(),
  viewPosition: text.optional(),
  /** CodeValue of ViewCodeSequence's first item. */
  viewCode: text.optional(),
  laterality: text.optional(),
  imageLaterality: text.optional(),
  /** Of the first frame, in enhanced multi-frame objects such as breast tomosynthesis. */
  frameLaterality: text.optional(),
  patientPosition: text.optional(),
  patientOrientation: z.array(text).readonly().optional(),
  presentationIntentType: text.optional(),
  contrastBolusAgent: text.optional(),
  convolutionKernel: text.optional(),
  imagesInAcquisition: z.int().optional(),
  numberOfStudyRelatedInstances: z.int().optional(),
  numberOfSeriesRelatedInstances: z.int().optional(),

  manufacturer: text.optional(),
  manufacturerModelName: text.optional(),
  deviceSerialNumber: text.optional(),
  softwareVersions: z.array(text).readonly().optional(),
  contributingEquipment: z
    .array(z.object({ manufacturer: text.optional(), manufacturerModelName: text.optional() }))
    .readonly(),

  instanceNumber: z.int().optional(),
  acquisitionNumber: z.int().optional(),
  acquisitionDate: text.optional(),
  acquisitionTime: text.optional(),
  contentDate: text.optional(),
  contentTime: text.optional(),
  imageType: z.array(text).readonly().optional(),
  conversionType: text.optional(),
  burnedInAnnotation: text.optional(),
  lossyImageCompression: text.optional(),

  photometricInterpretation: text.optional(),
  rows: z.int().positive().optional(),
  columns: z.int().positive().optional(),
  bitsAllocated: z.int().positive().optional(),
  bitsStored: z.int().positive().optional(),
  highBit: z.int().nonnegative().optional(),
  pixelRepresentation: z.union([z.literal(0), z.literal(1)]).optional(),
  samplesPerPixel: z.int().positive().optional(),
  planarConfiguration: z.union([z.literal(0), z.literal(1)]).optional(),
  numberOfFrames: z.int().positive().optional(),
  pixelPaddingValue: z.int().optional(),
  pixelPaddingRangeLimit: z.int().optional(),
  /** Between rows, then between columns. */
  pixelSpacing: tuple(2).optional(),
  imagerPixelSpacing: tuple(2).optional(),
  imagePositionPatient: tuple(3).optional(),
  imageOrientationPatient: tuple(6).optional(),
  sliceThickness: z.number().optional(),
  spacingBetweenSlices: z.number().optional(),
  sliceLocation: z.number().optional(),
  rescaleSlope: z.number().optional(),
  rescaleIntercept: z.number().optional(),
  rescaleType: text.optional(),
  windowCenter: numbers.optional(),
  windowWidth: numbers.optional(),
  voiLutFunction: text.optional(),
  presentationLutShape: text.optional(),

  problems: z.array(z.string()).readonly(),
});

export type DicomAttributes = z.infer<typeof dicomAttributesSchema>;
export type AttributeKeyword = Exclude<
  keyof DicomAttributes,
  'transferSyntaxUid' | 'problems' | 'contributingEquipment'
>;
