import { type Attributes, TRANSFER_SYNTAX, toElements, writePart10 } from './part10-writer.ts';
import { renderLateral } from './phantom/lateral.ts';
import { renderRadiograph } from './phantom/radiograph.ts';
import { createRandom } from './random.ts';
import { identifyStudy, type StudyIdentity } from './study-attributes.ts';
import type { GeneratedFile, GeneratedStudy, LesionBox, StudyOptions } from './study-types.ts';

const COMPUTED_RADIOGRAPHY = '1.2.840.10008.5.1.4.1.1.1';
const DIGITAL_XRAY_FOR_PRESENTATION = '1.2.840.10008.5.1.4.1.1.1.1';
const WIDTH = 576;
const HEIGHT = 640;
/** Millimetres per pixel. */
const SPACING = 0.65;
const MAXIMUM = 4095;

const VIEW_CODES: Readonly<Record<'PA' | 'AP' | 'LL', Attributes>> = {
  PA: { CodeValue: '272479007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'postero-anterior' },
  AP: { CodeValue: '399348003', CodingSchemeDesignator: 'SCT', CodeMeaning: 'antero-posterior' },
  LL: { CodeValue: '399173006', CodingSchemeDesignator: 'SCT', CodeMeaning: 'left lateral' },
};

/** One frontal or lateral chest radiograph, or a frontal and a lateral one; CR or DX, 12 bits in 16. */
export function generateRadiographStudy(options: StudyOptions): GeneratedStudy {
  const identity = identifyStudy(options);
  const random = createRandom(identity.seed, 'technique');
  const drawnView = random.chance(0.65) ? 'PA' : 'AP';
  const drawnPhotometric = random.chance(0.3) ? 'MONOCHROME1' : 'MONOCHROME2';
  const view = options.view ?? drawnView;
  const photometric = options.photometric ?? drawnPhotometric;
  const first = writeView(options, { identity, view, photometric, number: 1 });
  const files = [first.file];
  if (options.lateral === true) {
    files.push(writeView(options, { identity, view: 'LL', photometric, number: 2 }).file);
  }
  const { sopInstanceUid } = first.file;
  return {
    studyInstanceUid: identity.studyInstanceUid,
    patientId: identity.patient.id,
    files,
    lesion: first.box === null ? null : { boxes: [{ sopInstanceUid, frame: 1, box: first.box }] },
  };
}

function writeView(
  options: StudyOptions,
  technique: Technique,
): { file: GeneratedFile; box: LesionBox['box'] | null } {
  const { identity, view, photometric, number } = technique;
  const size = {
    width: WIDTH,
    height: HEIGHT,
    spacing: SPACING,
    seed: identity.seed,
    sex: identity.patient.sex,
  };
  const image =
    view === 'LL'
      ? { values: renderLateral(size), box: null }
      : renderRadiograph({ ...size, view, lesion: options.lesion?.subtlety ?? null });
  const pixels = Buffer.alloc(image.values.length * 2);
  image.values.forEach((value, index) => {
    pixels.writeUInt16LE(photometric === 'MONOCHROME1' ? MAXIMUM - value : value, index * 2);
  });
  const sopInstanceUid = identity.uid('image', number);
  const sopClassUid = options.kind === 'CR' ? COMPUTED_RADIOGRAPHY : DIGITAL_XRAY_FOR_PRESENTATION;
  const attributes: Attributes = {
    ...identity.shared,
    ...imageAttributes(technique),
    ...(options.kind === 'CR' ? computedRadiography(view) : digitalXRay(view, photometric)),
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    Modality: options.kind,
    PixelData: pixels,
  };
  const transferSyntax =
    options.transferSyntax === 'implicit'
      ? TRANSFER_SYNTAX.implicitLittleEndian
      : TRANSFER_SYNTAX.explicitLittleEndian;
  const bytes = writePart10(toElements(attributes), { transferSyntax });
  const name = `${options.kind}${String(number).padStart(4, '0')}.dcm`;
  return { file: { name, sopClassUid, sopInstanceUid, bytes }, box: image.box };
}

interface Technique {
  readonly identity: StudyIdentity;
  readonly view: 'PA' | 'AP' | 'LL';
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2';
  /** Of the series, which has this one image. */
  readonly number: number;
}

function imageAttributes({ identity, view, photometric, number }: Technique): Attributes {
  return {
    ImageType: ['DERIVED', 'PRIMARY'],
    StudyDescription: view === 'LL' ? 'Chest lateral (phantom)' : `Chest ${view} (phantom)`,
    SeriesDescription: view === 'LL' ? 'Lateral' : view,
    SeriesInstanceUID: identity.uid('series', number),
    SeriesNumber: number,
    InstanceNumber: 1,
    BodyPartExamined: 'CHEST',
    ViewPosition: view,
    KVP: view === 'AP' ? 90 : 120,
    PatientOrientation: view === 'LL' ? ['P', 'F'] : ['L', 'F'],
    SamplesPerPixel: 1,
    PhotometricInterpretation: photometric,
    Rows: HEIGHT,
    Columns: WIDTH,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    ImagerPixelSpacing: [SPACING, SPACING],
    WindowCenter: 2048,
    WindowWidth: 4096,
    LossyImageCompression: '00',
    BurnedInAnnotation: 'NO',
  };
}

function computedRadiography(view: 'PA' | 'AP' | 'LL'): Attributes {
  return {
    PlateID: 'PLATE1',
    DistanceSourceToDetector: view === 'AP' ? 1100 : 1800,
  };
}

function digitalXRay(view: 'PA' | 'AP' | 'LL', photometric: Technique['photometric']): Attributes {
  return {
    ImageType: ['DERIVED', 'PRIMARY', ''],
    PresentationIntentType: 'FOR PRESENTATION',
    AnatomicRegionSequence: [
      { CodeValue: '51185008', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Chest' },
    ],
    ViewCodeSequence: [VIEW_CODES[view]],
    PositionerType: 'NONE',
    DetectorType: 'SCINTILLATOR',
    ImageLaterality: 'U',
    PixelIntensityRelationship: 'LOG',
    PixelIntensityRelationshipSign: photometric === 'MONOCHROME1' ? 1 : -1,
    RescaleIntercept: 0,
    RescaleSlope: 1,
    RescaleType: 'US',
    PresentationLUTShape: photometric === 'MONOCHROME1' ? 'INVERSE' : 'IDENTITY',
    DistanceSourceToDetector: view === 'AP' ? 1100 : 1800,
    AcquisitionContextSequence: [],
  };
}
