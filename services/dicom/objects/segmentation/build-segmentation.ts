import { RadTriageError } from '#core/errors.ts';
import type { NewElement } from '../../attributes/encode-data-set.ts';
import { toElements } from '../../attributes/keywords.ts';
import { assembleObject, RESULT_SOP_CLASSES } from '../assemble-object.ts';
import { commonElements, lossyCompression, requestAttributes } from '../common-modules.ts';
import type { ElementCopier } from '../copy-elements.ts';
import { maskPixels, packBits } from '../pixel-geometry.ts';
import { seriesItems } from '../references.ts';
import { imageOf, indexImages, refuseInTriageOnly } from '../source-images.ts';
import type { AiResult, BuiltObject, DocumentIdentity, SourceImage } from '../types.ts';
import { functionalGroups, isPlacedInPatient, type SegmentFrame } from './functional-groups.ts';
import { collectSegments, segmentItem } from './segments.ts';

export interface SegmentationInput {
  readonly result: AiResult;
  /** Images of one series with the same Rows and Columns; heatmaps of others are left out. */
  readonly images: readonly SourceImage[];
  readonly identity: DocumentIdentity;
  /** Names the order of the frames (0020,9164); another one for each object. */
  readonly dimensionOrganizationUid: string;
}

/**
 * Heatmaps as a binary segmentation on the pixels of the images themselves: one segment a model and label, one frame for
 * each image that has a cell at or above the threshold. Binary, since nearly every viewer shows it, and on the images'
 * own pixels, since many viewers show no other. It needs no frame of reference: of radiographs, which have none, each
 * frame names its image and says that the pixels lie where they lie there (SpatialLocationsPreserved). dciodvfy passes
 * that without an error, and takes a parametric map of a radiograph only with a made-up frame of reference.
 * @returns undefined where no heatmap of these images reaches its threshold: a segmentation must have a frame
 * @throws RadTriageError LOCATION_WITHHELD in triage-only mode; REQUEST_INVALID for images of several sizes or series
 */
export function buildSegmentation(input: SegmentationInput): BuiltObject | undefined {
  refuseInTriageOnly(input.result);
  const { first } = indexImages(input.images);
  checkAlike(input.images, first);
  const frames = collectFrames(input);
  if (frames.length === 0) return undefined;
  const object = {
    sopClassUid: RESULT_SOP_CLASSES.segmentation,
    sopInstanceUid: input.identity.sopInstanceUid,
    source: first.header,
  };
  return assembleObject(object, (copier) => segmentationElements(input, frames, copier));
}

function checkAlike(images: readonly SourceImage[], first: SourceImage): void {
  const isAlike = images.every(
    ({ rows, columns, seriesInstanceUid }) =>
      rows === first.rows &&
      columns === first.columns &&
      seriesInstanceUid === first.seriesInstanceUid,
  );
  if (!isAlike) {
    throw new RadTriageError('REQUEST_INVALID', 'one segmentation takes one series of one size');
  }
}

/** In the order of segments, then of images. */
function collectFrames({ result, images }: SegmentationInput): SegmentFrame[] {
  const { byUid } = indexImages(images);
  const order = new Map(images.map(({ sopInstanceUid }, index) => [sopInstanceUid, index]));
  const found = result.heatmaps.flatMap((heatmap): SegmentFrame[] => {
    if (!byUid.has(heatmap.sopInstanceUid)) return [];
    const image = imageOf(byUid, heatmap);
    const mask = maskPixels(heatmap, heatmap.threshold, image);
    return mask.includes(1) ? [{ heatmap, image, frame: heatmap.frame, mask, segment: 0 }] : [];
  });
  const segments = collectSegments(found.map(({ heatmap }) => heatmap));
  return found
    .map((each) => ({ ...each, segment: segments.numberOf(each.heatmap) }))
    .toSorted(
      (a, b) =>
        a.segment - b.segment ||
        (order.get(a.image.sopInstanceUid) ?? 0) - (order.get(b.image.sopInstanceUid) ?? 0) ||
        a.frame - b.frame,
    );
}

function segmentationElements(
  { result, identity, images, dimensionOrganizationUid }: SegmentationInput,
  frames: readonly SegmentFrame[],
  copier: ElementCopier,
): NewElement[] {
  const { first } = indexImages(images);
  const { segments } = collectSegments(frames.map(({ heatmap }) => heatmap));
  const used = new Set(segments.map(({ algorithm }) => algorithm));
  const algorithms = result.algorithms.filter((_, index) => used.has(index));
  return [
    ...commonElements(
      {
        sopClassUid: RESULT_SOP_CLASSES.segmentation,
        modality: 'SEG',
        seriesDescription: 'AI heatmap (RadTriage)',
        source: first,
        identity,
        algorithms,
      },
      copier,
    ),
    ...requestAttributes(copier),
    ...copier.copy([BODY_PART_EXAMINED]),
    ...lossyCompression(copier),
    ...orientation(frames, copier),
    ...imageElements(first, frames),
    ...functionalGroups(frames, dimensionOrganizationUid),
    ...toElements({
      ContentLabel: 'AI_HEATMAP',
      ContentDescription: 'Where the score of a model comes from; not for diagnosis',
      ContentCreatorName: '',
      ReferencedSeriesSequence: seriesItems(
        frames.map(({ image }) => image),
        'ReferencedSOPSequence',
      ).map(asReferencedInstances),
      SegmentationType: 'BINARY',
      SegmentSequence: segments.map((segment) => segmentItem(segment, result)),
      PixelData: packBits(frames.map(({ mask }) => mask)),
    }),
  ];
}

const BODY_PART_EXAMINED = 0x00180015;
const PATIENT_ORIENTATION = 0x00200020;

/** Of frames whose planes in the patient are not known, as the image says it (PS3.3 C.7.6.1.1.1). */
function orientation(frames: readonly SegmentFrame[], copier: ElementCopier): NewElement[] {
  if (isPlacedInPatient(frames)) return [];
  const copied = copier.copy([PATIENT_ORIENTATION]);
  return copied.length > 0 ? copied : toElements({ PatientOrientation: '' });
}

const REFERENCED_SOPS = 0x00081199;
const REFERENCED_INSTANCES = 0x0008114a;

/** The common instance reference module names the same items ReferencedInstanceSequence (PS3.3 table C.12-8). */
function asReferencedInstances(series: readonly NewElement[]): NewElement[] {
  return series.map((element) =>
    element.tag === REFERENCED_SOPS ? { ...element, tag: REFERENCED_INSTANCES } : element,
  );
}

function imageElements(first: SourceImage, frames: readonly SegmentFrame[]): NewElement[] {
  const { frameOfReferenceUid } = first;
  return toElements({
    ImageType: ['DERIVED', 'PRIMARY'],
    FrameOfReferenceUID: frameOfReferenceUid,
    PositionReferenceIndicator: frameOfReferenceUid === undefined ? undefined : '',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: frames.length,
    Rows: first.rows,
    Columns: first.columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
  });
}
