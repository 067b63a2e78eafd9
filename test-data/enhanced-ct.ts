import type { Attributes } from './part10-writer.ts';

export const ENHANCED_CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2.1';

/** What an image of one slice says itself, and an enhanced one in its functional groups or not at all. */
const MOVED = [
  ...['PixelSpacing', 'SliceThickness', 'ImagePositionPatient', 'ImageOrientationPatient'],
  ...['RescaleIntercept', 'RescaleSlope', 'RescaleType', 'WindowCenter', 'WindowWidth'],
  ...['SliceLocation', 'KVP', 'XRayTubeCurrent', 'ExposureTime', 'ConvolutionKernel'],
  ...['AcquisitionDate', 'AcquisitionTime'],
] as const;

/** A tag as the value of an AT. */
function tagValue(tag: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  return bytes;
}

const CHEST: Attributes = {
  CodeValue: '43799004',
  CodingSchemeDesignator: 'SCT',
  CodeMeaning: 'Thoracic cavity structure',
};

const KIND: Attributes = {
  PixelPresentation: 'MONOCHROME',
  VolumetricProperties: 'VOLUME',
  VolumeBasedCalculationTechnique: 'NONE',
};
const IMAGE_TYPE = ['DERIVED', 'PRIMARY', 'VOLUME', 'NONE'];

function sharedGroups(slice: Attributes, eventUid: string): Attributes {
  const { PixelSpacing, SliceThickness, ImageOrientationPatient } = slice;
  const { RescaleIntercept, RescaleSlope, RescaleType, WindowCenter, WindowWidth } = slice;
  return {
    CTImageFrameTypeSequence: [{ FrameType: IMAGE_TYPE, ...KIND }],
    FrameAnatomySequence: [{ FrameLaterality: 'U', AnatomicRegionSequence: [CHEST] }],
    PlaneOrientationSequence: [{ ImageOrientationPatient }],
    PixelMeasuresSequence: [{ PixelSpacing, SliceThickness }],
    IrradiationEventIdentificationSequence: [{ IrradiationEventUID: eventUid }],
    FrameVOILUTSequence: [{ WindowCenter, WindowWidth }],
    PixelValueTransformationSequence: [{ RescaleIntercept, RescaleSlope, RescaleType }],
  };
}

function frameGroups({ ImagePositionPatient }: Attributes, place: number): Attributes {
  return {
    FrameContentSequence: [
      { StackID: '1', InStackPositionNumber: place + 1, DimensionIndexValues: [1, place + 1] },
    ],
    PlanePositionSequence: [{ ImagePositionPatient }],
  };
}

/** Slices of one series, in this order, as the frames of one image (PS3.3 A.38). */
export function enhanceCt(
  slices: readonly Attributes[],
  uids: { readonly dimensions: string; readonly irradiation: string },
): Attributes {
  const [first = {}] = slices;
  const kept = Object.fromEntries(
    Object.entries(first).filter(([keyword]) => !MOVED.some((moved) => moved === keyword)),
  );
  const index = (pointer: number): Attributes => ({
    DimensionOrganizationUID: uids.dimensions,
    DimensionIndexPointer: tagValue(pointer),
    FunctionalGroupPointer: tagValue(0x00209111),
  });
  const pixels = slices.map(({ PixelData }) =>
    Buffer.isBuffer(PixelData) ? PixelData : Buffer.alloc(0),
  );
  return {
    ...kept,
    ...KIND,
    SOPClassUID: ENHANCED_CT_IMAGE_STORAGE,
    ImageType: IMAGE_TYPE,
    InstanceNumber: 1,
    NumberOfFrames: slices.length,
    ContentQualification: 'RESEARCH',
    BurnedInAnnotation: 'NO',
    LossyImageCompression: '00',
    PresentationLUTShape: 'IDENTITY',
    AcquisitionContextSequence: [],
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: uids.dimensions }],
    DimensionIndexSequence: [index(0x00209056), index(0x00209057)],
    SharedFunctionalGroupsSequence: [sharedGroups(first, uids.irradiation)],
    PerFrameFunctionalGroupsSequence: slices.map(frameGroups),
    PixelData: Buffer.concat(pixels),
  };
}
