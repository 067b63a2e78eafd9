/** What an image says of itself, read from its metadata. */
import { viewName } from '#core/completeness/evidence.ts';
import {
  type Breast,
  chestWallOf,
  directionsOfCosines,
  directionsOfWords,
  type Flips,
  flipsToHang,
  type PlaneDirections,
} from './orientation.ts';
import { type PixelSize, pixelSizeOf } from './pixel-size.ts';
import type { ImagePlane } from './slice-plane.ts';
import { cross, type Vector } from './volume-geometry.ts';

/** An instance in DICOM JSON (PS3.18 annex F), tags to values, typed as the image loader takes it; some lack `Value`. */
export type DicomJson = Record<string, { Value: string[] | number[] | boolean }>;

export interface ImageFacts {
  /** null where the image does not say how the patient lies in it. */
  readonly directions: PlaneDirections | null;
  readonly pixelSize: PixelSize | null;
  /** What the pixel values count after rescaling (RescaleType, PS3.3 C.11.1.1.2); null where nothing says it. */
  readonly unit: string | null;
  /** PA, LL, CC and the like; null where nothing says it. */
  readonly view: string | null;
  readonly laterality: Breast | null;
  readonly isLocalizer: boolean;
  /** Where it lies in the patient; null where it does not say so. */
  readonly plane: ImagePlane | null;
  /** What the image needs to hang as is usual: of mammograms that say that they are stored turned. */
  readonly flips: Flips;
  /** Where the chest wall lies in the image as it is stored; null for what is no mammogram or does not say so. */
  readonly chestWall: 'left' | 'right' | null;
}

const SOP_INSTANCE_UID = '00080018';
const IMAGE_TYPE = '00080008';
const CODE_VALUE = '00080100';
const CALIBRATION_TYPE = '00280A02';
const IMAGER_PIXEL_SPACING = '00181164';
const VIEW_POSITION = '00185101';
const PATIENT_ORIENTATION = '00200020';
const IMAGE_POSITION = '00200032';
const IMAGE_ORIENTATION = '00200037';
const LATERALITY = '00200060';
const IMAGE_LATERALITY = '00200062';
const FRAME_LATERALITY = '00209072';
const FRAME_OF_REFERENCE = '00200052';
const PIXEL_SPACING = '00280030';
const RESCALE_TYPE = '00281054';
const VIEW_CODE = '00540220';

function isInstance(value: unknown): value is DicomJson {
  return typeof value === 'object' && value !== null && SOP_INSTANCE_UID in value;
}

function valuesOf(instance: DicomJson | undefined, tag: string): readonly unknown[] {
  const value = instance?.[tag]?.Value;
  return Array.isArray(value) ? value : [];
}

/** Instances of a metadata answer by their SOPInstanceUID; what is no instance is left out. */
export function indexMetadata(answer: unknown): ReadonlyMap<string, DicomJson> {
  const byUid = new Map<string, DicomJson>();
  for (const instance of Array.isArray(answer) ? answer : []) {
    if (!isInstance(instance)) continue;
    const [uid] = valuesOf(instance, SOP_INSTANCE_UID);
    if (typeof uid === 'string') byUid.set(uid, instance);
  }
  return byUid;
}

function numbersOf(instance: DicomJson | undefined, tag: string, count: number): number[] | null {
  const values = valuesOf(instance, tag).map(Number);
  return values.length === count && values.every(Number.isFinite) ? values : null;
}

function textOf(instance: DicomJson | undefined, tag: string): string | null {
  const [value] = valuesOf(instance, tag);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** Where the plane of an image lies in the patient, millimetres (PS3.3 C.7.6.2.1.1); null where it does not say so. */
export function sliceOf(
  instance: DicomJson | undefined,
): { readonly position: Vector; readonly normal: Vector } | null {
  const position = numbersOf(instance, IMAGE_POSITION, 3);
  const orientation = numbersOf(instance, IMAGE_ORIENTATION, 6);
  if (position === null || orientation === null) return null;
  const [x = 0, y = 0, z = 0] = position;
  const [rx = 0, ry = 0, rz = 0, cx = 0, cy = 0, cz = 0] = orientation;
  return { position: [x, y, z], normal: cross([rx, ry, rz], [cx, cy, cz]) };
}

/** Hounsfield units are what CT is rescaled to unless it says otherwise (PS3.3 C.8.2.1.1.2); US is "unspecified". */
function unitOf(instance: DicomJson | undefined, modality: string | null): string | null {
  const type = textOf(instance, RESCALE_TYPE);
  if (type === null) return modality === 'CT' ? 'HU' : null;
  return type === 'US' ? null : type;
}

function viewCodeOf(instance: DicomJson | undefined): string | null {
  const [item] = valuesOf(instance, VIEW_CODE);
  if (typeof item !== 'object' || item === null || !(CODE_VALUE in item)) return null;
  const { Value }: { Value?: unknown } = item[CODE_VALUE] ?? {};
  const [code]: readonly unknown[] = Array.isArray(Value) ? Value : [];
  return typeof code === 'string' ? code : null;
}

function lateralityOf(instance: DicomJson | undefined): Breast | null {
  const side =
    textOf(instance, IMAGE_LATERALITY) ??
    textOf(instance, LATERALITY) ??
    textOf(instance, FRAME_LATERALITY);
  return side === 'R' || side === 'L' ? side : null;
}

function planeOf(instance: DicomJson | undefined): ImagePlane | null {
  const position = numbersOf(instance, IMAGE_POSITION, 3);
  const cosines = numbersOf(instance, IMAGE_ORIENTATION, 6);
  const spacing = numbersOf(instance, PIXEL_SPACING, 2);
  if (position === null || cosines === null || spacing === null) return null;
  const [rx = 0, ry = 0, rz = 0, dx = 0, dy = 0, dz = 0] = cosines;
  const [x = 0, y = 0, z = 0] = position;
  const [betweenRows = 0, betweenColumns = 0] = spacing;
  if (betweenRows <= 0 || betweenColumns <= 0) return null;
  return {
    frameOfReferenceUid: textOf(instance, FRAME_OF_REFERENCE),
    position: [x, y, z],
    right: [rx, ry, rz],
    down: [dx, dy, dz],
    spacing: [betweenRows, betweenColumns],
  };
}

export function factsOf(instance: DicomJson | undefined, modality: string | null): ImageFacts {
  const cosines = numbersOf(instance, IMAGE_ORIENTATION, 6);
  const directions =
    cosines === null
      ? directionsOfWords(valuesOf(instance, PATIENT_ORIENTATION))
      : directionsOfCosines(cosines);
  const view = viewName(viewCodeOf(instance), textOf(instance, VIEW_POSITION)) ?? null;
  const laterality = lateralityOf(instance);
  return {
    directions,
    pixelSize: pixelSizeOf({
      pixelSpacing: numbersOf(instance, PIXEL_SPACING, 2),
      imagerPixelSpacing: numbersOf(instance, IMAGER_PIXEL_SPACING, 2),
      calibrationType: textOf(instance, CALIBRATION_TYPE),
    }),
    unit: unitOf(instance, modality),
    view,
    laterality,
    plane: planeOf(instance),
    isLocalizer: valuesOf(instance, IMAGE_TYPE).includes('LOCALIZER'),
    flips: flipsToHang({ modality, directions, laterality, view }),
    chestWall: chestWallOf({ modality, directions, laterality }),
  };
}
