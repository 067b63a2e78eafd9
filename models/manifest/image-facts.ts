import { patientAgeYears } from '#dicom/attributes/date-values.ts';
import type { DicomAttributes } from '#dicom/attributes/read-attributes.ts';
import { SELECTABLE_ATTRIBUTES, type SelectableAttribute } from './conditions.ts';
import type { ImageFacts } from './select-image.ts';

/** Each keyword's name among the attributes that we read. */
const FIELDS = {
  SOPClassUID: 'sopClassUid',
  Modality: 'modality',
  BodyPartExamined: 'bodyPartExamined',
  ViewPosition: 'viewPosition',
  PatientOrientation: 'patientOrientation',
  PresentationIntentType: 'presentationIntentType',
  ImageType: 'imageType',
  PhotometricInterpretation: 'photometricInterpretation',
  Manufacturer: 'manufacturer',
  ManufacturerModelName: 'manufacturerModelName',
  StudyDescription: 'studyDescription',
  SeriesDescription: 'seriesDescription',
  ProtocolName: 'protocolName',
  PatientSex: 'patientSex',
} as const satisfies Record<SelectableAttribute, keyof DicomAttributes>;

/** What a manifest selects by, of one image. */
export function imageFacts(attributes: DicomAttributes): ImageFacts {
  const values: Partial<Record<SelectableAttribute, readonly string[]>> = {};
  for (const keyword of SELECTABLE_ATTRIBUTES) {
    const value = attributes[FIELDS[keyword]];
    if (value === undefined) continue;
    values[keyword] = typeof value === 'string' ? [value] : value;
  }
  return {
    values,
    ageYears: patientAgeYears(attributes),
    imagePosition: attributes.imagePositionPatient,
    imageOrientation: attributes.imageOrientationPatient,
  };
}
