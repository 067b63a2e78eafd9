import type { BytesVr, NewElement, NumberVr, TextVr } from './encode-data-set.ts';

/** Tag and VR of the attributes that our own objects hold (PS3.6 section 6). */
export const KEYWORDS = {
  SpecificCharacterSet: [0x00080005, 'CS'],
  ImageType: [0x00080008, 'CS'],
  InstanceCreationDate: [0x00080012, 'DA'],
  InstanceCreationTime: [0x00080013, 'TM'],
  SOPClassUID: [0x00080016, 'UI'],
  SOPInstanceUID: [0x00080018, 'UI'],
  SeriesDate: [0x00080021, 'DA'],
  ContentDate: [0x00080023, 'DA'],
  SeriesTime: [0x00080031, 'TM'],
  ContentTime: [0x00080033, 'TM'],
  AccessionNumber: [0x00080050, 'SH'],
  IssuerOfAccessionNumberSequence: [0x00080051, 'SQ'],
  Modality: [0x00080060, 'CS'],
  ConversionType: [0x00080064, 'CS'],
  Manufacturer: [0x00080070, 'LO'],
  InstitutionName: [0x00080080, 'LO'],
  CodeValue: [0x00080100, 'SH'],
  CodingSchemeDesignator: [0x00080102, 'SH'],
  CodeMeaning: [0x00080104, 'LO'],
  MappingResource: [0x00080105, 'CS'],
  CodingSchemeIdentificationSequence: [0x00080110, 'SQ'],
  CodingSchemeResponsibleOrganization: [0x00080116, 'ST'],
  CodingSchemeName: [0x00080115, 'ST'],
  LongCodeValue: [0x00080119, 'UC'],
  StationName: [0x00081010, 'SH'],
  SeriesDescription: [0x0008103e, 'LO'],
  ManufacturerModelName: [0x00081090, 'LO'],
  ReferencedStudySequence: [0x00081110, 'SQ'],
  ReferencedPerformedProcedureStepSequence: [0x00081111, 'SQ'],
  ReferencedSeriesSequence: [0x00081115, 'SQ'],
  ReferencedImageSequence: [0x00081140, 'SQ'],
  ReferencedSOPClassUID: [0x00081150, 'UI'],
  ReferencedSOPInstanceUID: [0x00081155, 'UI'],
  ReferencedFrameNumber: [0x00081160, 'IS'],
  ReferencedSOPSequence: [0x00081199, 'SQ'],
  DerivationDescription: [0x00082111, 'ST'],
  SourceImageSequence: [0x00082112, 'SQ'],
  AnatomicRegionSequence: [0x00082218, 'SQ'],
  DerivationImageSequence: [0x00089124, 'SQ'],
  DerivationCodeSequence: [0x00089215, 'SQ'],
  DeviceSerialNumber: [0x00181000, 'LO'],
  DeviceUID: [0x00181002, 'UI'],
  SecondaryCaptureDeviceManufacturer: [0x00181016, 'LO'],
  SecondaryCaptureDeviceManufacturerModelName: [0x00181018, 'LO'],
  SecondaryCaptureDeviceSoftwareVersions: [0x00181019, 'LO'],
  SoftwareVersions: [0x00181020, 'LO'],
  SliceThickness: [0x00180050, 'DS'],
  SpacingBetweenSlices: [0x00180088, 'DS'],
  ContributingEquipmentSequence: [0x0018a001, 'SQ'],
  ContributionDateTime: [0x0018a002, 'DT'],
  ContributionDescription: [0x0018a003, 'ST'],
  StudyInstanceUID: [0x0020000d, 'UI'],
  SeriesInstanceUID: [0x0020000e, 'UI'],
  SeriesNumber: [0x00200011, 'IS'],
  InstanceNumber: [0x00200013, 'IS'],
  PatientOrientation: [0x00200020, 'CS'],
  ImagePositionPatient: [0x00200032, 'DS'],
  ImageOrientationPatient: [0x00200037, 'DS'],
  FrameOfReferenceUID: [0x00200052, 'UI'],
  Laterality: [0x00200060, 'CS'],
  PositionReferenceIndicator: [0x00201040, 'LO'],
  FrameContentSequence: [0x00209111, 'SQ'],
  PlanePositionSequence: [0x00209113, 'SQ'],
  PlaneOrientationSequence: [0x00209116, 'SQ'],
  StackID: [0x00209056, 'SH'],
  InStackPositionNumber: [0x00209057, 'UL'],
  DimensionIndexValues: [0x00209157, 'UL'],
  DimensionOrganizationUID: [0x00209164, 'UI'],
  DimensionIndexPointer: [0x00209165, 'AT'],
  FunctionalGroupPointer: [0x00209167, 'AT'],
  DimensionOrganizationSequence: [0x00209221, 'SQ'],
  DimensionIndexSequence: [0x00209222, 'SQ'],
  DimensionDescriptionLabel: [0x00209421, 'LO'],
  SamplesPerPixel: [0x00280002, 'US'],
  PhotometricInterpretation: [0x00280004, 'CS'],
  PlanarConfiguration: [0x00280006, 'US'],
  NumberOfFrames: [0x00280008, 'IS'],
  Rows: [0x00280010, 'US'],
  Columns: [0x00280011, 'US'],
  PixelSpacing: [0x00280030, 'DS'],
  BitsAllocated: [0x00280100, 'US'],
  BitsStored: [0x00280101, 'US'],
  HighBit: [0x00280102, 'US'],
  PixelRepresentation: [0x00280103, 'US'],
  BurnedInAnnotation: [0x00280301, 'CS'],
  RecognizableVisualFeatures: [0x00280302, 'CS'],
  WindowCenter: [0x00281050, 'DS'],
  WindowWidth: [0x00281051, 'DS'],
  RescaleIntercept: [0x00281052, 'DS'],
  RescaleSlope: [0x00281053, 'DS'],
  RescaleType: [0x00281054, 'LO'],
  VOILUTFunction: [0x00281056, 'CS'],
  ModalityLUTSequence: [0x00283000, 'SQ'],
  VOILUTSequence: [0x00283010, 'SQ'],
  SoftcopyVOILUTSequence: [0x00283110, 'SQ'],
  LossyImageCompression: [0x00282110, 'CS'],
  LossyImageCompressionRatio: [0x00282112, 'DS'],
  LossyImageCompressionMethod: [0x00282114, 'CS'],
  PixelMeasuresSequence: [0x00289110, 'SQ'],
  SpatialLocationsPreserved: [0x0028135a, 'CS'],
  RequestedProcedureDescription: [0x00321060, 'LO'],
  RequestedProcedureCodeSequence: [0x00321064, 'SQ'],
  RequestAttributesSequence: [0x00400275, 'SQ'],
  RequestedProcedureID: [0x00401001, 'SH'],
  PlacerOrderNumberImagingServiceRequest: [0x00402016, 'LO'],
  FillerOrderNumberImagingServiceRequest: [0x00402017, 'LO'],
  PurposeOfReferenceCodeSequence: [0x0040a170, 'SQ'],
  RelationshipType: [0x0040a010, 'CS'],
  VerifyingOrganization: [0x0040a027, 'LO'],
  VerificationDateTime: [0x0040a030, 'DT'],
  ValueType: [0x0040a040, 'CS'],
  ConceptNameCodeSequence: [0x0040a043, 'SQ'],
  MeasurementUnitsCodeSequence: [0x004008ea, 'SQ'],
  ContinuityOfContent: [0x0040a050, 'CS'],
  VerifyingObserverSequence: [0x0040a073, 'SQ'],
  VerifyingObserverName: [0x0040a075, 'PN'],
  VerifyingObserverIdentificationCodeSequence: [0x0040a088, 'SQ'],
  DateTime: [0x0040a120, 'DT'],
  PersonName: [0x0040a123, 'PN'],
  UID: [0x0040a124, 'UI'],
  TextValue: [0x0040a160, 'UT'],
  ConceptCodeSequence: [0x0040a168, 'SQ'],
  MeasuredValueSequence: [0x0040a300, 'SQ'],
  NumericValue: [0x0040a30a, 'DS'],
  PredecessorDocumentsSequence: [0x0040a360, 'SQ'],
  ReferencedRequestSequence: [0x0040a370, 'SQ'],
  PerformedProcedureCodeSequence: [0x0040a372, 'SQ'],
  CurrentRequestedProcedureEvidenceSequence: [0x0040a375, 'SQ'],
  PertinentOtherEvidenceSequence: [0x0040a385, 'SQ'],
  CompletionFlag: [0x0040a491, 'CS'],
  VerificationFlag: [0x0040a493, 'CS'],
  ContentTemplateSequence: [0x0040a504, 'SQ'],
  TemplateIdentifier: [0x0040db00, 'CS'],
  ContentSequence: [0x0040a730, 'SQ'],
  SegmentSequence: [0x00620002, 'SQ'],
  SegmentedPropertyCategoryCodeSequence: [0x00620003, 'SQ'],
  SegmentNumber: [0x00620004, 'US'],
  SegmentLabel: [0x00620005, 'LO'],
  SegmentDescription: [0x00620006, 'ST'],
  SegmentationAlgorithmIdentificationSequence: [0x00620007, 'SQ'],
  SegmentAlgorithmType: [0x00620008, 'CS'],
  SegmentAlgorithmName: [0x00620009, 'LO'],
  SegmentIdentificationSequence: [0x0062000a, 'SQ'],
  ReferencedSegmentNumber: [0x0062000b, 'US'],
  RecommendedDisplayCIELabValue: [0x0062000d, 'US'],
  SegmentedPropertyTypeCodeSequence: [0x0062000f, 'SQ'],
  SegmentationType: [0x00620001, 'CS'],
  AlgorithmFamilyCodeSequence: [0x0066002f, 'SQ'],
  AlgorithmVersion: [0x00660031, 'LO'],
  AlgorithmParameters: [0x00660032, 'LT'],
  AlgorithmName: [0x00660036, 'LO'],
  GraphicAnnotationSequence: [0x00700001, 'SQ'],
  GraphicLayer: [0x00700002, 'CS'],
  BoundingBoxAnnotationUnits: [0x00700003, 'CS'],
  GraphicAnnotationUnits: [0x00700005, 'CS'],
  UnformattedTextValue: [0x00700006, 'ST'],
  TextObjectSequence: [0x00700008, 'SQ'],
  GraphicObjectSequence: [0x00700009, 'SQ'],
  BoundingBoxTopLeftHandCorner: [0x00700010, 'FL'],
  BoundingBoxBottomRightHandCorner: [0x00700011, 'FL'],
  BoundingBoxTextHorizontalJustification: [0x00700012, 'CS'],
  AnchorPoint: [0x00700014, 'FL'],
  AnchorPointVisibility: [0x00700015, 'CS'],
  AnchorPointAnnotationUnits: [0x00700004, 'CS'],
  GraphicDimensions: [0x00700020, 'US'],
  NumberOfGraphicPoints: [0x00700021, 'US'],
  GraphicData: [0x00700022, 'FL'],
  GraphicType: [0x00700023, 'CS'],
  GraphicFilled: [0x00700024, 'CS'],
  DisplayedAreaTopLeftHandCorner: [0x00700052, 'SL'],
  DisplayedAreaBottomRightHandCorner: [0x00700053, 'SL'],
  DisplayedAreaSelectionSequence: [0x0070005a, 'SQ'],
  GraphicLayerSequence: [0x00700060, 'SQ'],
  GraphicLayerOrder: [0x00700062, 'IS'],
  GraphicLayerRecommendedDisplayCIELabValue: [0x00700401, 'US'],
  GraphicLayerDescription: [0x00700068, 'LO'],
  ContentLabel: [0x00700080, 'CS'],
  ContentDescription: [0x00700081, 'LO'],
  PresentationCreationDate: [0x00700082, 'DA'],
  PresentationCreationTime: [0x00700083, 'TM'],
  ContentCreatorName: [0x00700084, 'PN'],
  PresentationSizeMode: [0x00700100, 'CS'],
  PresentationPixelSpacing: [0x00700101, 'DS'],
  PresentationPixelAspectRatio: [0x00700102, 'IS'],
  PresentationLUTShape: [0x20500020, 'CS'],
  SharedFunctionalGroupsSequence: [0x52009229, 'SQ'],
  PerFrameFunctionalGroupsSequence: [0x52009230, 'SQ'],
  PixelData: [0x7fe00010, 'OB'],
} as const satisfies Record<string, readonly [tag: number, vr: TextVr | NumberVr | BytesVr | 'SQ']>;

export type Keyword = keyof typeof KEYWORDS;

type ValueOf<Vr> = Vr extends 'SQ'
  ? readonly (readonly NewElement[])[]
  : Vr extends NumberVr
    ? number | readonly number[]
    : Vr extends BytesVr
      ? Uint8Array
      : string | number | readonly (string | number)[];

/** Attributes by keyword; what is undefined is left out. */
export type NewAttributes = {
  readonly [K in Keyword]?: ValueOf<(typeof KEYWORDS)[K][1]> | undefined;
};

/** The elements of attributes given by keyword. Numbers of text VRs are written as they print: see decimalString. */
export function toElements(attributes: NewAttributes): NewElement[] {
  return Object.entries(attributes).flatMap(([keyword, value]) =>
    value === undefined || !isKeyword(keyword) ? [] : [toElement(keyword, value)],
  );
}

function isKeyword(name: string): name is Keyword {
  return Object.hasOwn(KEYWORDS, name);
}

function toElement(keyword: Keyword, value: NonNullable<NewAttributes[Keyword]>): NewElement {
  const [tag, vr] = KEYWORDS[keyword];
  if (vr === 'SQ') return { tag, vr, items: itemsIn(value) };
  if (value instanceof Uint8Array) return { tag, vr, bytes: value };
  const values = [value].flat();
  if (vr === 'AT' || vr === 'FL' || vr === 'SL' || vr === 'UL' || vr === 'US') {
    return { tag, vr, value: values.map(Number) };
  }
  if (vr === 'OB') throw new TypeError(`${keyword} takes bytes`);
  return { tag, vr, value: values.map(String) };
}

function itemsIn(value: unknown): readonly (readonly NewElement[])[] {
  if (!Array.isArray(value)) throw new TypeError('a sequence takes items');
  return value;
}

/** DS of at most 16 characters (PS3.5 6.2) with as many digits as fit. */
export function decimalString(value: number): string {
  const plain = String(value);
  if (plain.length <= 16) return plain;
  for (let digits = 15; digits > 0; digits -= 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return '0';
}
