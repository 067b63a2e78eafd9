import type { StudyDetail } from '#contracts/study.ts';
import { directionsOfCosines, directionsOfWords, type PlaneDirections } from './orientation.ts';
import { type PixelSize, pixelSizeOf } from './pixel-size.ts';

/** One image that can be drawn. */
export interface StackImage {
  readonly imageId: string;
  readonly sopInstanceUid: string;
  /** From 1 (PS3.3 C.7.6.6). */
  readonly frame: number;
  readonly columns: number;
  readonly rows: number;
  /** null where the image does not say how the patient lies in it. */
  readonly directions: PlaneDirections | null;
  readonly pixelSize: PixelSize | null;
  /** What the pixel values count after rescaling (RescaleType, PS3.3 C.11.1.1.2); null where nothing says it. */
  readonly unit: string | null;
}

type ShownFacts = Pick<StackImage, 'directions' | 'pixelSize' | 'unit'>;

export interface ImageStack {
  readonly seriesInstanceUid: string;
  readonly modality: string | null;
  readonly title: string;
  readonly images: readonly StackImage[];
}

/** An instance in DICOM JSON (PS3.18 annex F), tags to values, typed as the image loader takes it; some lack `Value`. */
export type DicomJson = Record<string, { Value: string[] | number[] | boolean }>;

const SOP_INSTANCE_UID = '00080018';
const IMAGE_POSITION = '00200032';
const IMAGE_ORIENTATION = '00200037';
const PATIENT_ORIENTATION = '00200020';
const PIXEL_SPACING = '00280030';
const IMAGER_PIXEL_SPACING = '00181164';
const CALIBRATION_TYPE = '00280A02';
const RESCALE_TYPE = '00281054';

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

/** Place along the normal of the image plane, millimetres (PS3.3 C.7.6.2.1.1); null without a position. */
export function slicePosition(instance: DicomJson | undefined): number | null {
  const position = numbersOf(instance, IMAGE_POSITION, 3);
  const orientation = numbersOf(instance, IMAGE_ORIENTATION, 6);
  if (position === null || orientation === null) return null;
  const [px = 0, py = 0, pz = 0] = position;
  const [rx = 0, ry = 0, rz = 0, cx = 0, cy = 0, cz = 0] = orientation;
  return px * (ry * cz - rz * cy) + py * (rz * cx - rx * cz) + pz * (rx * cy - ry * cx);
}

function textOf(instance: DicomJson | undefined, tag: string): string | null {
  const [value] = valuesOf(instance, tag);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** Hounsfield units are what CT is rescaled to unless it says otherwise (PS3.3 C.8.2.1.1.2); US is "unspecified". */
function unitOf(instance: DicomJson | undefined, modality: string | null): string | null {
  const type = textOf(instance, RESCALE_TYPE);
  if (type === null) return modality === 'CT' ? 'HU' : null;
  return type === 'US' ? null : type;
}

function shownFacts(instance: DicomJson | undefined, modality: string | null): ShownFacts {
  const cosines = numbersOf(instance, IMAGE_ORIENTATION, 6);
  return {
    directions:
      cosines === null
        ? directionsOfWords(valuesOf(instance, PATIENT_ORIENTATION))
        : directionsOfCosines(cosines),
    pixelSize: pixelSizeOf({
      pixelSpacing: numbersOf(instance, PIXEL_SPACING, 2),
      imagerPixelSpacing: numbersOf(instance, IMAGER_PIXEL_SPACING, 2),
      calibrationType: textOf(instance, CALIBRATION_TYPE),
    }),
    unit: unitOf(instance, modality),
  };
}

function titleOf(series: StudyDetail['series'][number], place: number): string {
  const number = series.seriesNumber ?? place + 1;
  return series.seriesDescription ?? `Series ${number}`;
}

/**
 * The stacks of a study, in the order of series numbers; images by place along the normal when all have one, head first
 * as on a light box, else by instance number.
 */
export function buildStacks(
  study: Pick<StudyDetail, 'studyInstanceUid' | 'series'>,
  metadata: ReadonlyMap<string, DicomJson>,
  origin: string,
): ImageStack[] {
  const inOrder = study.series.toSorted((a, b) => (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0));
  return inOrder.flatMap((series, place) => {
    const drawable = series.instances
      .filter((each) => each.kind === 'image' && metadata.has(each.sopInstanceUid))
      .map((instance) => ({
        instance,
        position: slicePosition(metadata.get(instance.sopInstanceUid)),
      }));
    const positioned = drawable.length > 1 && drawable.every((each) => each.position !== null);
    const sorted = drawable.toSorted((a, b) =>
      positioned
        ? (b.position ?? 0) - (a.position ?? 0)
        : (a.instance.instanceNumber ?? 0) - (b.instance.instanceNumber ?? 0),
    );
    const base = `wadors:${origin}/dicomweb/studies/${study.studyInstanceUid}/series/${series.seriesInstanceUid}`;
    const images = sorted.flatMap(({ instance }) => {
      const facts = shownFacts(metadata.get(instance.sopInstanceUid), series.modality);
      return Array.from({ length: Math.max(1, instance.numberOfFrames) }, (_, index) => ({
        ...facts,
        imageId: `${base}/instances/${instance.sopInstanceUid}/frames/${index + 1}`,
        sopInstanceUid: instance.sopInstanceUid,
        frame: index + 1,
        columns: instance.columns ?? 0,
        rows: instance.rows ?? 0,
      }));
    });
    if (images.length === 0) return [];
    return [
      {
        seriesInstanceUid: series.seriesInstanceUid,
        modality: series.modality,
        title: titleOf(series, place),
        images,
      },
    ];
  });
}

export interface ImagePlace {
  readonly stack: number;
  readonly image: number;
}

/** Where an image is shown, or null when it is in no stack. */
export function findImage(
  stacks: readonly ImageStack[],
  sopInstanceUid: string | null,
  frame: number | null,
): ImagePlace | null {
  for (const [stack, { images }] of stacks.entries()) {
    const image = images.findIndex(
      (each) => each.sopInstanceUid === sopInstanceUid && each.frame === (frame ?? 1),
    );
    if (image >= 0) return { stack, image };
  }
  return null;
}

/** Where a study opens: at its highest finding, else at the first image of a radiograph, the middle of a stack. */
export function openingPlace(
  stacks: readonly ImageStack[],
  findings: readonly {
    readonly sopInstanceUid: string | null;
    readonly frame: number | null;
    readonly score: number;
  }[],
): ImagePlace {
  const highest = findings.toSorted((a, b) => b.score - a.score);
  for (const finding of highest) {
    const place = findImage(stacks, finding.sopInstanceUid, finding.frame);
    if (place !== null) return place;
  }
  const count = stacks[0]?.images.length ?? 0;
  return { stack: 0, image: count > 4 ? Math.floor(count / 2) : 0 };
}
