import { type Attributes, TRANSFER_SYNTAX, toElements, writePart10 } from './part10-writer.ts';
import { smoothStep } from './phantom/grid.ts';
import { createRandom } from './random.ts';
import { identifyStudy, type StudyIdentity } from './study-attributes.ts';
import type { GeneratedFile, GeneratedStudy, StudyOptions } from './study-types.ts';

const MAMMOGRAPHY_FOR_PRESENTATION = '1.2.840.10008.5.1.4.1.1.1.2';
/** A whole detector, and the part of one that holds a breast as well. */
const FULL = { width: 240, height: 320 };
const SMALL = { width: 200, height: 288 };
const SPACING = 0.7;
const VIEW_CODES = { CC: '399162004', MLO: '399368009' } as const;
const VIEW_MEANINGS = { CC: 'cranio-caudal', MLO: 'medio-lateral oblique' } as const;

interface View {
  readonly side: 'R' | 'L';
  readonly view: 'CC' | 'MLO';
  /** Towards which sides of the patient rows and columns run. */
  readonly orientation: readonly [string, string];
  readonly size: typeof FULL;
}

/**
 * The order in which they are sent is not that in which they hang. The left cranio-caudal view is stored with its chest
 * wall on the right, as some detectors do, and says so.
 */
const VIEWS: readonly Omit<View, 'size'>[] = [
  { side: 'L', view: 'MLO', orientation: ['A', 'F'] },
  { side: 'R', view: 'CC', orientation: ['P', 'L'] },
  { side: 'L', view: 'CC', orientation: ['P', 'R'] },
  { side: 'R', view: 'MLO', orientation: ['P', 'F'] },
];

/** Four mammograms of plain shapes: enough to see how they hang, nothing to find. */
export function generateMammogramStudy(options: StudyOptions): GeneratedStudy {
  const identity = identifyStudy(options);
  const files = VIEWS.map((view, place) => {
    const size = options.smallLeft === true && view.side === 'L' ? SMALL : FULL;
    return writeMammogram(identity, { ...view, size }, place + 1);
  });
  const { studyInstanceUid, patient } = identity;
  return { studyInstanceUid, patientId: patient.id, files, lesion: null };
}

function writeMammogram(identity: StudyIdentity, view: View, number: number): GeneratedFile {
  const sopInstanceUid = identity.uid('image', number);
  const attributes = mammogramAttributes(identity, view, number);
  const bytes = writePart10(toElements({ ...attributes, SOPInstanceUID: sopInstanceUid }), {
    transferSyntax: TRANSFER_SYNTAX.explicitLittleEndian,
  });
  const name = `MG${String(number).padStart(4, '0')}.dcm`;
  return { name, sopClassUid: MAMMOGRAPHY_FOR_PRESENTATION, sopInstanceUid, bytes };
}

/** Half an ellipse from the chest wall, brighter glands inside, and in oblique views a bright pectoral muscle above. */
function renderBreast(seed: string, { side, view, orientation, size }: View): Buffer {
  const { width, height } = size;
  const noise = createRandom(seed, 'breast', side, view);
  const pixels = Buffer.alloc(width * height * 2);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const depth = (orientation[0] === 'P' ? width - column - 0.5 : column + 0.5) / FULL.width;
      const level = (row + 0.5 - height / 2) / FULL.height;
      const reach = Math.hypot(depth / 0.8, level / 0.44);
      const breast = smoothStep(1, 0.96, reach);
      const glands = smoothStep(0.3, 0.1, Math.hypot((depth - 0.42) / 1.2, level));
      const muscle = view === 'MLO' ? smoothStep(0.02, 0, depth + level * 0.7 + 0.12) : 0;
      const value = 900 * breast + 1300 * glands * breast + 1500 * muscle + 25 * noise.normal();
      pixels.writeUInt16LE(
        Math.round(Math.min(4095, Math.max(0, value + 60))),
        (row * width + column) * 2,
      );
    }
  }
  return pixels;
}

function mammogramAttributes(identity: StudyIdentity, shown: View, number: number): Attributes {
  const { side, view, orientation } = shown;
  return {
    ...identity.shared,
    ImageType: ['ORIGINAL', 'PRIMARY'],
    SOPClassUID: MAMMOGRAPHY_FOR_PRESENTATION,
    Modality: 'MG',
    StudyDescription: 'Mammography (phantom)',
    SeriesDescription: `${side} ${view}`,
    SeriesInstanceUID: identity.uid('series', number),
    SeriesNumber: number,
    InstanceNumber: 1,
    BodyPartExamined: 'BREAST',
    ViewPosition: view,
    ImageLaterality: side,
    ViewCodeSequence: [
      {
        CodeValue: VIEW_CODES[view],
        CodingSchemeDesignator: 'SCT',
        CodeMeaning: VIEW_MEANINGS[view],
      },
    ],
    PatientOrientation: [...orientation],
    PresentationIntentType: 'FOR PRESENTATION',
    PresentationLUTShape: 'IDENTITY',
    PositionerType: 'MAMMOGRAPHIC',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: shown.size.height,
    Columns: shown.size.width,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    ImagerPixelSpacing: [SPACING, SPACING],
    WindowCenter: 1500,
    WindowWidth: 3000,
    LossyImageCompression: '00',
    BurnedInAnnotation: 'NO',
    PixelData: renderBreast(identity.seed, shown),
  };
}
