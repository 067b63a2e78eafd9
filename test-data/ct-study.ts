import { ENHANCED_CT_IMAGE_STORAGE, enhanceCt } from './enhanced-ct.ts';
import { type Attributes, TRANSFER_SYNTAX, toElements, writePart10 } from './part10-writer.ts';
import { type CtVolume, renderCtVolume } from './phantom/ct-volume.ts';
import { identifyStudy, type StudyIdentity } from './study-attributes.ts';
import type { GeneratedFile, GeneratedStudy, LesionBox, StudyOptions } from './study-types.ts';

const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
const INTERCEPT = -1024;

/** An axial chest CT in Hounsfield units: apices first, one file a slice. */
export function generateCtStudy(options: StudyOptions): GeneratedStudy {
  const identity = identifyStudy(options);
  const volume = renderCtVolume({
    seed: identity.seed,
    sex: identity.patient.sex,
    slices: options.slices ?? 24,
    matrix: options.matrix ?? 320,
    lesion: options.lesion?.subtlety ?? null,
  });
  const { files, boxes } =
    options.enhanced === true
      ? writeEnhanced(identity, volume)
      : writeSlices(identity, volume, options.transferSyntax);
  if (options.localizer === true) {
    const sopInstanceUid = identity.uid('localizer');
    const attributes = localizerAttributes({ identity, volume, index: 0, sopInstanceUid });
    const bytes = writePart10(toElements(attributes));
    files.push({ name: 'LOC0001.dcm', sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid, bytes });
  }
  return {
    studyInstanceUid: identity.studyInstanceUid,
    patientId: identity.patient.id,
    files,
    lesion: options.lesion === null ? null : { boxes },
  };
}

interface Written {
  readonly files: GeneratedFile[];
  readonly boxes: LesionBox[];
}

function writeSlices(
  identity: StudyIdentity,
  volume: CtVolume,
  encoding: StudyOptions['transferSyntax'],
): Written {
  const written: Written = { files: [], boxes: [] };
  volume.slices.forEach((slice, index) => {
    const sopInstanceUid = identity.uid('slice', index);
    const attributes = sliceAttributes({ identity, volume, index, sopInstanceUid });
    const transferSyntax =
      encoding === 'implicit'
        ? TRANSFER_SYNTAX.implicitLittleEndian
        : TRANSFER_SYNTAX.explicitLittleEndian;
    written.files.push({
      name: `CT${String(index + 1).padStart(4, '0')}.dcm`,
      sopClassUid: CT_IMAGE_STORAGE,
      sopInstanceUid,
      bytes: writePart10(toElements(attributes), { transferSyntax }),
    });
    if (slice.box !== null) written.boxes.push({ sopInstanceUid, frame: 1, box: slice.box });
  });
  return written;
}

/** All slices as frames of one image, from the feet up: a reader sorts them by their place. */
function writeEnhanced(identity: StudyIdentity, volume: CtVolume): Written {
  const sopInstanceUid = identity.uid('enhanced');
  const last = volume.slices.length - 1;
  const attributes = enhanceCt(
    volume.slices.map((_, place) =>
      sliceAttributes({ identity, volume, index: last - place, sopInstanceUid }),
    ),
    { dimensions: identity.uid('dimensions'), irradiation: identity.uid('irradiation') },
  );
  const bytes = writePart10(toElements(attributes));
  const boxes = volume.slices.flatMap(({ box }, index) =>
    box === null ? [] : [{ sopInstanceUid, frame: last - index + 1, box }],
  );
  return {
    files: [{ name: 'CT0001.dcm', sopClassUid: ENHANCED_CT_IMAGE_STORAGE, sopInstanceUid, bytes }],
    boxes,
  };
}

interface SliceContext {
  readonly identity: StudyIdentity;
  readonly volume: CtVolume;
  readonly index: number;
  readonly sopInstanceUid: string;
}

function sliceAttributes({ identity, volume, index, sopInstanceUid }: SliceContext): Attributes {
  const hounsfield = volume.slices[index]?.hounsfield ?? new Int16Array(0);
  const pixels = Buffer.alloc(hounsfield.length * 2);
  hounsfield.forEach((value, i) => {
    pixels.writeUInt16LE(value - INTERCEPT, i * 2);
  });
  const corner = -((volume.matrix - 1) / 2) * volume.spacing;
  const position = -index * volume.sliceSpacing;
  const decimal = (value: number) => Number(value.toFixed(4));
  return {
    ...identity.shared,
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    SOPClassUID: CT_IMAGE_STORAGE,
    SOPInstanceUID: sopInstanceUid,
    Modality: 'CT',
    StudyDescription: 'CT chest (phantom)',
    SeriesDescription: 'Axial lung',
    SeriesInstanceUID: identity.uid('series', 1),
    SeriesNumber: 2,
    AcquisitionNumber: 1,
    InstanceNumber: index + 1,
    BodyPartExamined: 'CHEST',
    PatientPosition: 'HFS',
    KVP: 120,
    XRayTubeCurrent: 180,
    ExposureTime: 500,
    ConvolutionKernel: 'PHANTOM',
    SliceThickness: 1.25,
    SliceLocation: decimal(position),
    FrameOfReferenceUID: identity.uid('frame of reference'),
    PositionReferenceIndicator: '',
    ImagePositionPatient: [decimal(corner), decimal(corner), decimal(position)],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    PixelSpacing: [volume.spacing, volume.spacing],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: volume.matrix,
    Columns: volume.matrix,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    RescaleIntercept: INTERCEPT,
    RescaleSlope: 1,
    RescaleType: 'HU',
    WindowCenter: [-500, 40],
    WindowWidth: [1500, 400],
    PixelData: pixels,
  };
}

/** The mean of the slices from front to back, seen from the front, each as high as it is from slice to slice. */
function localizerAttributes(context: SliceContext): Attributes {
  const { identity, volume } = context;
  const { matrix, spacing, sliceSpacing, slices } = volume;
  const rows = Math.round((slices.length * sliceSpacing) / spacing);
  const pixels = Buffer.alloc(rows * matrix * 2);
  for (let row = 0; row < rows; row += 1) {
    const slice = slices[Math.min(slices.length - 1, Math.floor((row * spacing) / sliceSpacing))];
    for (let column = 0; column < matrix; column += 1) {
      let sum = 0;
      for (let depth = 0; depth < matrix; depth += 1) {
        sum += slice?.hounsfield[depth * matrix + column] ?? 0;
      }
      pixels.writeUInt16LE(Math.round(sum / matrix) - INTERCEPT, (row * matrix + column) * 2);
    }
  }
  const corner = Number((-((matrix - 1) / 2) * spacing).toFixed(4));
  // The first slice lies at 0, and reaches half its distance to the next one above and below.
  const top = Number(((sliceSpacing - spacing) / 2).toFixed(4));
  return {
    ...sliceAttributes(context),
    ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'],
    SeriesDescription: 'Localizer',
    SeriesInstanceUID: identity.uid('series', 'localizer'),
    SeriesNumber: 1,
    InstanceNumber: 1,
    SliceLocation: 0,
    ImagePositionPatient: [corner, 0, top],
    ImageOrientationPatient: [1, 0, 0, 0, 0, -1],
    Rows: rows,
    WindowCenter: -400,
    WindowWidth: 1100,
    PixelData: pixels,
  };
}
